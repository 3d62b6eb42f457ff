"""From where a talk stands and what was heard to what is done next: :func:`step`.

Deterministic: the same document, state and words give the same acts. Nothing is remembered but the state. In every turn,
in this order: danger, the wish for a person, trouble of the mind, urgency; then the answer to what was asked; then a new
matter. Each counter of refusals has a limit after which people take over, and so has the length of the talk: whatever is
heard, a talk ends or is handed over within ``limits.turns`` turns.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from denghuo.engine.dialogue.documents import Book, Choice
from denghuo.engine.dialogue.state import Act, Heard, State
from denghuo.engine.dialogue.values import choose, correction, found_in, one_of, plain, read
from denghuo.engine.dialogue.walking import Walk

Outcome = tuple[State, tuple[Act, ...]]
STORY = 6  # letters left beside names and numbers that make a sentence of its own


def begin(book: Book, *, asked: bool = False) -> Outcome:
    """A talk begins. ``asked``: the customer's first words are there already, so that a greeting alone is enough."""
    walk = Walk(book, State())
    if asked:
        return walk.state, ()
    labels = [(one.menu, code) for code in book.main.menu if (one := book.dialogues.get(code)) and one.menu]
    walk.offer(walk.text("greeting"), labels, "menu") if labels else walk.say(walk.text("greeting"))
    return walk.state, tuple(walk.acts)


def step(book: Book, state: State, heard: Heard, today: dt.date | None = None) -> Outcome:
    """One thing was heard. ``today`` resolves words such as "last month"."""
    if state.done:
        return state, ()
    walk = Walk(book, state)
    if heard.kind == "result":
        _result(walk, heard)
    elif heard.kind == "silence":
        _silence(walk)
    else:
        _words(walk, heard, today)
    return walk.state, tuple(walk.acts)


def _silence(walk: Walk) -> None:
    walk.put(silences=walk.state.silences + 1)
    if walk.state.silences > walk.book.main.limits.silences:
        walk.end(walk.text("goodbye"))
    else:
        walk.say(walk.text("silence"))


# --- words ------------------------------------------------------------------------------------------------------------


def _words(walk: Walk, heard: Heard, today: dt.date | None) -> None:
    main, text = walk.book.main, heard.text.strip()
    walk.put(turns=walk.state.turns + 1, silences=0)
    found = tuple(dict.fromkeys((*heard.slots, *found_in(text))))
    heard = Heard("text", text, found, heard.intents, heard.mood)
    if main.danger.met(text):
        walk.take(found)
        return walk.hand_over("danger", walk.text("safety"), main.danger.priority)
    if one_of(text, main.person) or any(len(word) > 2 and word in text for word in main.person):
        return walk.hand_over("asked", walk.text("hand_over"))
    if main.urgent.met(text):
        walk.take(found)
        return walk.hand_over("urgent", walk.text("urgent"), main.urgent.priority)
    if main.upset.met(text) or heard.mood == "upset":
        walk.put(upset=walk.state.upset + 1)
        if walk.state.upset >= main.limits.upset:
            return walk.hand_over("upset", walk.text("hand_over"), main.upset.priority)
        walk.say(walk.text("upset"))
    if walk.state.turns >= main.limits.turns:
        return walk.hand_over("limit", walk.text("limit"))
    _answer_to(walk, heard, today)
    return None


def _answer_to(walk: Walk, heard: Heard, today: dt.date | None) -> None:
    """What was said as the answer to what was asked, or as something new."""
    main, state = walk.book.main, walk.state
    if state.wait == "solved" and _solved(walk, heard):
        return None
    if state.code and one_of(heard.text, main.stop):
        walk.put(stack=())
        walk.leave()
        return walk.say(walk.text("stopped"))
    if one_of(heard.text, main.goodbye):
        return walk.end(walk.text("goodbye"))
    if state.wait == "menu" and _menu(walk, heard):
        return None
    told = _small_talk(walk, heard.text)
    if told and state.wait in ("", "menu", "solved", "asked"):
        return walk.say(told)
    if state.wait == "asked":
        return _told_more(walk, heard)
    handler = {"slot": _slot, "confirm": _confirm, "choice": _choice, "fix": _fix, "menu": None}.get(state.wait)
    if state.code and handler is not None:
        if told:
            walk.say(told)
            return walk.ask_again()
        return handler(walk, heard, today)
    _new_matter(walk, heard)
    return None


def _new_matter(walk: Walk, heard: Heard) -> None:
    """Nothing was asked: begin the dialogue that fits, else look the question up."""
    walk.put(words=heard.text, wait="", choices=())
    main = walk.book.main
    best = _likely(walk, heard, main.limits.begin_at)
    asks = any(word in heard.text for word in main.asking) and not _likely(walk, heard, main.limits.switch_at)
    if best and not asks:
        return walk.enter(best, heard.slots)
    if not plain(heard.text):
        return _refuse(walk, walk.text("not_understood"))
    walk.acts.append(Act("answer", heard.text))
    walk.put(code="", step="", wait="result", maybe=best, followed=0)
    return None


def _told_more(walk: Walk, heard: Heard) -> None:
    """What had to be known before a question can be answered; a clear wish for something else is begun instead."""
    state, chosen = walk.state, _offered(walk, heard.text)
    walk.put(wait="", choices=())
    if not chosen and one_of(heard.text, walk.book.main.stop):
        return walk.say(walk.text("stopped"))
    if not chosen and _likely(walk, heard, walk.book.main.limits.switch_at):
        return _new_matter(walk, heard)
    walk.put(wait="result")
    walk.acts.append(Act("answer", chosen or heard.text, data={"question": state.words, "followed": state.followed}))
    return None


def _likely(walk: Walk, heard: Heard, least: float) -> str:
    code, score = next(((code, score) for code, score in heard.intents if code in walk.book.dialogues), ("", 0.0))
    return code if score >= least else ""


def _other_matter(walk: Walk, heard: Heard) -> bool:
    """Whether the customer turned to something else; then that is begun and this one gone back to."""
    code = _likely(walk, heard, walk.book.main.limits.switch_at)
    if not code or code == walk.state.code or any(frame.code == code for frame in walk.state.stack):
        return False
    walk.put(words=heard.text)
    walk.enter(code, heard.slots, keep=True)
    return True


def _refuse(walk: Walk, text: str, *, again: bool = False) -> None:
    """Not understood; people take over when it happens too often in a row. ``again``: the open question is put again."""
    walk.put(refusals=walk.state.refusals + 1)
    if _too_often(walk):
        return walk.hand_over("not_understood", walk.text("hand_over"))
    walk.say(text or walk.text("not_understood"))
    if again:
        walk.ask_again()
    return None


def _too_often(walk: Walk) -> bool:
    """Whether too many words in a row got nowhere: not understood, or answered with offers nobody wanted."""
    return walk.state.refusals + walk.state.offers > walk.book.main.limits.refusals


def _small_talk(walk: Walk, text: str) -> str:
    return next((told for words, told in walk.book.main.small_talk if one_of(text, words)), "")


def _menu(walk: Walk, heard: Heard) -> bool:
    chosen = _offered(walk, heard.text)
    if not chosen or chosen not in walk.book.dialogues:
        return False
    walk.put(words=heard.text)
    walk.enter(chosen, heard.slots)
    return True


def _offered(walk: Walk, text: str) -> str:
    """Where the offered answer leads that was chosen by its label or number."""
    offered = [Choice(way, label) for label, way in walk.state.choices]
    said = plain(text)
    if said.isdigit() and len(said) <= 2:
        return offered[int(said) - 1].value if 1 <= int(said) <= len(offered) else ""
    return next((one.value for one in offered if plain(one.label) == said), "")


def _slot(walk: Walk, heard: Heard, today: dt.date | None) -> None:
    dialogue, state = walk.dialogue, walk.state
    assert dialogue is not None
    slot = dialogue.slots.get(state.asking)
    if slot is None:
        return walk.hand_over("fault", walk.text("hand_over"))
    changed = _correct(walk, heard)
    if changed:
        walk.put(refusals=0)
        walk.say(walk.text("corrected"))
        return walk.go(state.step)
    own = tuple(pair for pair in heard.slots if pair[0] == slot.kind)
    others = walk.take(tuple(pair for pair in heard.slots if pair[0] != slot.kind))
    if slot.choices:
        others += walk.take_choices(heard.text)
    if not slot.required and one_of(heard.text, walk.book.main.skip):
        value: str | None = "-"
    elif others and not own and slot.kind in ("address", "text", "name", "county") and not _says_more(slot.kind, heard):
        value = None  # the sentence held something else that was asked for; it is no answer to this
    elif slot.kind in ("address", "text", "name", "county") and not own and _other_matter(walk, heard):
        return None
    else:
        value = read(slot, heard.text, own, today)
    if value is not None:
        kind = {slot.kind: value} if slot.kind in ("phone", "account", "name", "address", "county") else {}
        walk.put(slots={**walk.state.slots, slot.name: value}, known={**walk.state.known, **kind}, refusals=0)
        return walk.go(state.step)
    if others:
        walk.put(refusals=0)
        return walk.go(state.step)
    if _other_matter(walk, heard):
        return None
    _refuse(walk, slot.wrong or walk.text("not_understood"), again=True)
    return None


def _says_more(kind: str, heard: Heard) -> bool:
    """Whether a sentence tells a story beside the values that were found in it: then it answers an open question."""
    rest = heard.text
    for _kind, value in heard.slots:
        rest = rest.replace(value, "")
    return kind == "text" and len(plain(rest)) >= STORY


def _correct(walk: Walk, heard: Heard) -> bool:
    """Whether an earlier answer was corrected ("not so, the account number is …"); then it is."""
    dialogue, rest = walk.dialogue, correction(heard.text)
    if dialogue is None or rest is None:
        return False
    filled = {name for name in walk.state.slots if name != walk.state.asking}
    pairs = tuple(dict.fromkeys((*heard.slots, *found_in(rest))))
    hit = tuple(pair for pair in pairs if any(dialogue.slots[name].kind == pair[0] for name in filled))
    if hit:
        return bool(walk.take(hit, over=True))
    for name in filled:
        slot = dialogue.slots[name]
        if slot.label in rest or slot.choices:
            value = read(slot, rest.replace(slot.label, ""), pairs)
            if value is not None:
                walk.put(slots={**walk.state.slots, name: value})
                return True
    return False


def _confirm(walk: Walk, heard: Heard, today: dt.date | None) -> None:
    main, state, dialogue = walk.book.main, walk.state, walk.dialogue
    assert dialogue is not None
    now, way = dialogue.steps[state.step], _offered(walk, heard.text)
    if way == "yes" or one_of(heard.text, main.yes):
        walk.put(refusals=0)
        return walk.go(now.ways["yes"])
    if _correct(walk, heard) or walk.take(heard.slots, over=True):
        walk.put(refusals=0)
        walk.say(walk.text("corrected"))
        return walk.go(state.step)
    if way == "no" or one_of(heard.text, main.no):
        if "no" in now.ways:
            return walk.go(now.ways["no"])
        labels = [(slot.label, name) for name, slot in dialogue.slots.items() if name in state.slots]
        return walk.offer(walk.text("which_wrong"), labels, "fix")
    if _other_matter(walk, heard):
        return None
    _refuse(walk, walk.text("not_understood"), again=True)
    return None


def _fix(walk: Walk, heard: Heard, today: dt.date | None) -> None:
    """Which of the answers is wrong: that one is asked for again, at the step that asks for it."""
    dialogue = walk.dialogue
    assert dialogue is not None
    name = _offered(walk, heard.text) or next((way for label, way in walk.state.choices if label in heard.text), "")
    asks = next((one.id for one in dialogue.steps.values() if one.do == "ask" and name in one.slots), "")
    if name and asks:
        walk.put(slots={key: value for key, value in walk.state.slots.items() if key != name}, refusals=0)
        return walk.go(asks)
    if walk.take(heard.slots, over=True):
        return walk.go(walk.state.step)
    _refuse(walk, walk.text("not_understood"), again=True)
    return None


def _choice(walk: Walk, heard: Heard, today: dt.date | None) -> None:
    dialogue = walk.dialogue
    assert dialogue is not None
    chosen = choose(heard.text, dialogue.steps[walk.state.step].choices)
    if chosen is not None:
        walk.put(refusals=0)
        walk.take(heard.slots)
        return walk.go(chosen.next)
    if walk.take(heard.slots):
        return walk.ask_again()
    if _other_matter(walk, heard):
        return None
    _refuse(walk, walk.text("choose"), again=True)
    return None


def _solved(walk: Walk, heard: Heard) -> bool:
    """Whether the words say if it helped."""
    main, way = walk.book.main, _offered(walk, heard.text)
    if way == "person":
        walk.hand_over("asked", walk.text("hand_over"))
    elif way == "rephrase":
        walk.put(wait="", choices=())
        walk.say(walk.text("rephrase"))
    elif way == "yes" or (not way and one_of(heard.text, ("已解决", "解决了", *main.yes))):
        walk.put(solved=True, wait="", choices=(), unsolved=0)
        walk.acts.append(Act("note", data={"solved": True}))
        walk.say(walk.text("solved"))
    elif way == "no" or one_of(heard.text, ("没有解决", "没解决", *main.no)):
        walk.put(unsolved=walk.state.unsolved + 1, solved=False)
        walk.acts.append(Act("note", data={"solved": False}))
        if walk.state.unsolved >= main.limits.unsolved:
            walk.hand_over("no_answer", walk.text("hand_over"))
        else:
            walk.offer(walk.text("unsolved"), [("转人工客服", "person"), ("换个问法", "rephrase")], "solved")
    elif way and way not in ("yes", "no"):  # one of the questions that were offered
        walk.put(words=heard.text, wait="result", choices=())
        walk.acts.append(Act("answer", heard.text, data={"chosen": way}))
    else:
        return False
    return True


# --- results ----------------------------------------------------------------------------------------------------------


def _result(walk: Walk, heard: Heard) -> None:
    """What came of a function, a request, a page or a look-up."""
    state, result = walk.state, heard.result
    if state.wait != "result":
        return None
    walk.put(wait="")
    dialogue = walk.dialogue
    now = dialogue.steps.get(state.step) if dialogue else None
    if now is None or now.do == "answer":
        return _answered(walk, heard, now.ways if now else {})
    if result.get("hand_over"):
        return walk.hand_over("function", str(result.get("text", "")) or walk.text("hand_over"))
    if now.do == "open" or result.get("ok"):
        walk.put(solved=walk.state.solved or now.do in ("call", "request"))
        return walk.go(now.ways["next"])
    missing = [name for name in result.get("missing", ()) if dialogue and name in dialogue.slots]
    walk.put(refusals=walk.state.refusals + 1)
    if walk.state.refusals > walk.book.main.limits.refusals:
        return walk.hand_over("function", walk.text("hand_over"))
    if missing:
        asks = (
            next((one.id for one in dialogue.steps.values() if one.do == "ask" and missing[0] in one.slots), "")
            if dialogue
            else ""
        )
        if asks:
            walk.put(slots={key: value for key, value in walk.state.slots.items() if key not in missing})
            return walk.go(asks)
    failed = now.ways.get("failed", "")
    if failed:
        return walk.go(failed)
    walk.hand_over("function", walk.text("hand_over"))
    return None


def _answered(walk: Walk, heard: Heard, ways: Mapping[str, str]) -> None:
    """A question was looked up: answered, several came near, or nothing did."""
    outcome = str(heard.result.get("outcome", "refuse"))
    follow = ways.get("next" if outcome != "refuse" else "none", "")
    if outcome == "choices":
        offered = [(str(label), str(value)) for label, value in heard.result.get("choices", ())]
        walk.put(offers=walk.state.offers + 1)  # counts until one is taken: who passes them over was not understood
        if _too_often(walk):
            return walk.hand_over("not_understood", walk.text("hand_over"))
        return walk.offer(walk.text("choose"), [*offered, ("都不是", "no")], "solved")
    if outcome == "ask":
        walk.put(refusals=0, words=str(heard.result.get("words", walk.state.words)), followed=walk.state.followed + 1)
        offered = [(str(label), str(label)) for label in heard.result.get("choices", ())]
        return walk.offer(str(heard.result.get("text", "")), offered, "asked")
    maybe = walk.state.maybe
    walk.put(maybe="")
    if outcome == "refuse" and maybe in walk.book.dialogues and not walk.state.code:
        return walk.enter(maybe, ())
    if outcome == "answer":
        walk.put(refusals=0, solved=True)
    if follow:
        return walk.go(follow)
    if outcome == "answer":
        return walk.ask_solved()
    _refuse(walk, walk.text("rephrase"))
    return None
