"""Questions asked of a page as the browser has laid it out. Each gives a list of faults; an empty list is well."""

from __future__ import annotations

from playwright.sync_api import Page

NAMES = """() => {
  const faults = [], seen = (node) => node.checkVisibility({checkOpacity: false, checkVisibilityCSS: true});
  const say = (node) => node.outerHTML.slice(0, 120);
  const named = (node) => (node.getAttribute('aria-label') || node.title || node.textContent || '').trim()
    || [...node.querySelectorAll('[aria-label], img[alt]')].some((one) => (one.getAttribute('aria-label') || one.alt).trim())
    || (node.getAttribute('aria-labelledby') || '').split(/\\s+/).some((id) => document.getElementById(id)?.textContent.trim());
  for (const node of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
    if (seen(node) && !node.labels?.length && !node.getAttribute('aria-label') && !node.getAttribute('aria-labelledby')) faults.push('no label: ' + say(node));
  for (const node of document.querySelectorAll('button, a[href], summary'))
    if (seen(node) && !named(node)) faults.push('no name: ' + say(node));
  for (const node of document.querySelectorAll('img')) if (!node.hasAttribute('alt')) faults.push('no alt: ' + say(node));
  for (const node of document.querySelectorAll('[role=img]')) if (!node.getAttribute('aria-label')) faults.push('no label: ' + say(node));
  const ids = [...document.querySelectorAll('[id]')].map((node) => node.id);
  for (const id of new Set(ids)) if (ids.filter((one) => one === id).length > 1) faults.push('id twice: ' + id);
  for (const node of document.querySelectorAll('[aria-labelledby], [aria-describedby], [aria-controls], label[for]'))
    for (const name of ['aria-labelledby', 'aria-describedby', 'aria-controls', 'for'])
      for (const id of (node.getAttribute(name) || '').split(/\\s+/).filter(Boolean))
        if (!document.getElementById(id) && !node.closest('.leaflet-container')) faults.push(name + ' points nowhere: ' + say(node));
  if (!document.documentElement.lang) faults.push('the page names no language');
  if (document.querySelectorAll('main').length !== 1) faults.push('not one main part');
  return faults;
}"""

HEADINGS = """() => {
  const faults = [];
  const heads = [...document.querySelectorAll('h1, h2, h3, h4')].filter((node) => !node.closest('dialog, .dh-side'));
  if (heads.filter((node) => node.tagName === 'H1').length !== 1) faults.push('not one h1');
  let last = 0;
  for (const node of heads) {
    const level = Number(node.tagName[1]);
    if (level > last + 1) faults.push(`h${last} is followed by h${level}: ${node.textContent.trim().slice(0, 40)}`);
    last = level;
  }
  return faults;
}"""

WIDTH = """() => {
  const wide = document.documentElement.scrollWidth - window.innerWidth;
  if (wide <= 0) return [];
  const culprits = [...document.querySelectorAll('main *')].filter((node) => node.getBoundingClientRect().right > window.innerWidth + 1 && !node.closest('.dh-table-scroll, .dh-tabs, .leaflet-container'));
  return [`${wide} px too wide: ${culprits.slice(0, 3).map((node) => node.outerHTML.slice(0, 90)).join(' | ')}`];
}"""

# WCAG 2.2, 1.4.3: 4.5 to 1, large text 3 to 1. Text over pictures and gradients is left to the eye.
CONTRAST = """() => {
  const parse = (text) => { const m = text.match(/[\\d.]+/g)?.map(Number); return m ? {r: m[0], g: m[1], b: m[2], a: m[3] ?? 1} : null; };
  const canvas = Object.assign(document.createElement('canvas'), {width: 1, height: 1}).getContext('2d', {willReadFrequently: true});
  const colour = (text) => {
    if (/^rgba?\\(/.test(text)) return parse(text);
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return {r, g, b, a: a / 255};
  };
  const over = (top, below) => ({r: top.r * top.a + below.r * (1 - top.a), g: top.g * top.a + below.g * (1 - top.a), b: top.b * top.a + below.b * (1 - top.a), a: 1});
  const light = ({r, g, b}) => { const f = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); };
  const ground = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== 'none') return null;
      const one = colour(style.backgroundColor);
      if (one.a > 0) layers.push(one);
      if (one.a === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), {r: 255, g: 255, b: 255, a: 1});
  };
  const faults = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !node.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
    if (node.closest('script, .visually-hidden, .leaflet-container, [disabled], [aria-busy=true], option, .dh-skip')) continue;
    const box = node.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) continue;
    const below = ground(node);
    if (!below) continue;
    const style = getComputedStyle(node), ink = over(colour(style.color), below);
    const [a, b] = [light(ink), light(below)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05), size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    if (ratio < least - 0.05) faults.set(node.className + style.color, `${ratio.toFixed(2)} to 1: ${node.outerHTML.slice(0, 110)}`);
  }
  return [...faults.values()];
}"""

# Menus, headings, buttons and labels; what people typed and what places are called stays as it is.
CHINESE = """() => {
  const data = 'th[scope=row], #request-side .dh-notice, .rq-do .dh-notice, .dh-user, .dh-menu-who, .dh-role small, .dh-table td, .dh-map, .dh-lang, [lang=zh], .df-crews, option, dd, .dh-card-head h2.dh-num, .rq-list, .dh-timeline-meta, .ct-list, .dk-last, #dk-list';
  const found = new Set();
  for (const node of document.querySelectorAll('.dh-nav, .dh-top, .dh-hall-top, .dh-hall-foot, h1, h2, h3, button, .btn, th, legend, label, dt, .dh-stat-label, .dh-badge, .dh-clock, .form-hint, .dh-tile, .dh-empty, .dh-notice')) {
    if (node.closest(data) || !node.checkVisibility()) continue;
    const copy = node.cloneNode(true);
    copy.querySelectorAll(data).forEach((one) => one.remove());
    const text = copy.textContent.trim();
    if (/\\p{Script=Han}/u.test(text)) found.add(text.slice(0, 40));
  }
  return [...found];
}"""


# A colour half way through its change is nobody's colour: read it when it has arrived.
ARRIVED = """() => Promise.allSettled(document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished))"""


def faults(page: Page) -> list[str]:
    """Width, names, headings and contrast of the page as it stands."""
    page.evaluate(ARRIVED)
    return [fault for question in (WIDTH, NAMES, HEADINGS, CONTRAST) for fault in page.evaluate(question)]
