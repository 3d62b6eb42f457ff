# Sourced by scripts/setup: says plainly what this machine lacks, in Chinese and English, with the remedy.
# Each check prints to standard error and adds to $missing; require_all ends the run when something is missing.

missing=0

lacks() { # lacks 中文 English remedy
  printf '\n缺少: %s\nMissing: %s\n  -> %s\n' "$1" "$2" "$3" >&2
  missing=$((missing + 1))
}

# The newest supported Python; the lock files are made for 3.11 and hold for 3.12.
find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3.11 python3.12 python3; do
    if command -v "$candidate" >/dev/null 2>&1 &&
      "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null; then
      command -v "$candidate"
      return 0
    fi
  done
  return 1
}

check_python() {
  if ! python=$(find_python); then
    lacks "Python 3.11 (或 3.12)" "Python 3.11 (or 3.12)" \
      "sudo apt-get install -y python3 python3-venv   (Debian 12; or set PYTHON=/path/to/python3.11)"
    return
  fi
  if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    lacks "Python 的 venv 模块" "the venv module of $python" "sudo apt-get install -y python3-venv"
  fi
}

check_node() {
  local version
  if ! command -v node >/dev/null 2>&1; then
    lacks "Node.js 20 或更新" "Node.js 20 or newer" "$node_remedy"
  else
    version=$(node --version 2>/dev/null || echo v0)
    version=${version#v}
    if [ "${version%%.*}" -lt 20 ]; then
      lacks "Node.js 20 或更新 (现在是 $version)" "Node.js 20 or newer (found $version)" "$node_remedy"
    fi
  fi
  if ! command -v npm >/dev/null 2>&1; then
    lacks "npm" "npm" "$node_remedy"
  fi
}
node_remedy="curl -fsSL https://deb.nodesource.com/setup_20.x | sudo bash - && sudo apt-get install -y nodejs   (Debian 12 itself ships 18)"

find_chromium() {
  local candidate
  for candidate in ${DENGHUO_CHROMIUM:-} chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$candidate" >/dev/null 2>&1; then
      command -v "$candidate"
      return 0
    fi
  done
  return 1
}

has_chinese_font() {
  if command -v fc-list >/dev/null 2>&1; then
    [ -n "$(fc-list :lang=zh-cn family 2>/dev/null)" ]
  else
    ls /usr/share/fonts/opentype/noto/NotoSansCJK* /usr/share/fonts/truetype/wqy/* >/dev/null 2>&1
  fi
}

# Browser tests need these; everything else runs without, so they only warn.
warn_browser() {
  if ! find_chromium >/dev/null; then
    printf '\n没有 Chromium: 浏览器测试将不运行。\nNo Chromium: the browser tests will NOT run.\n  -> sudo apt-get install -y chromium fonts-noto-cjk\n' >&2
    return 1
  fi
  if ! has_chinese_font; then
    printf '\n没有中文字体: 浏览器测试与截图中的汉字会是方框。\nNo Chinese font: Chinese text in browser tests and pictures will be boxes.\n  -> sudo apt-get install -y fonts-noto-cjk\n' >&2
  fi
}

require_all() {
  if [ "$missing" -gt 0 ]; then
    printf '\n共缺 %s 项, 安装后请重试。\n%s missing; install and try again.\n' "$missing" "$missing" >&2
    exit 1
  fi
}
