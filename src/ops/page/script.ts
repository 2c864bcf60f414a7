// What the page does in a browser: puts in what the server has drawn, and asks it for another list without leaving. Without it the page does not
// change on its own, and its links and its form do the same.

export const SCRIPT = `
'use strict';
const byId = (id) => document.getElementById(id);
const [live, said, search, hold] = ['live', 'said', 'q', 'hold'].map(byId);
let list = byId('operations');
if (list) begin();

function begin() {
  document.documentElement.className = 'js';
  const shown = new Map();
  const most = () => Number(list.dataset.most);
  let held = [];
  let late = new Map();
  let source;
  let turn = 0;
  let wait;

  const clock = (row) => {
    for (const time of row.querySelectorAll('time')) {
      const at = new Date(time.dateTime);
      time.textContent = at.toLocaleTimeString('en-GB');
      time.title = at.toLocaleString();
    }
  };
  const named = (name) => list.querySelector('[data-name="' + CSS.escape(name) + '"]');
  const serial = (row) => Number(row.dataset.name.split('-').pop());
  const put = (rows) => {
    for (const html of rows) {
      const holder = document.createElement('template');
      holder.innerHTML = html;
      const row = holder.content.firstElementChild;
      if (named(row.dataset.name)) continue;
      row.classList.add('new');
      clock(row);
      let next = list.firstElementChild;
      while (next && serial(next) > serial(row)) next = next.nextElementSibling;
      list.insertBefore(row, next);
    }
    while (list.children.length > most()) list.lastElementChild.remove();
    for (const each of late) tell(each);
    late.clear();
    byId('none').hidden = list.children.length > 0;
  };
  // Into the place that waits for it: nothing else moves, and what is open or has the focus stays so.
  const tell = ([name, parts]) => {
    const row = named(name);
    if (!row) return false;
    for (const [part, html] of Object.entries(parts)) {
      const place = row.querySelector('.' + part);
      if (!place) continue;
      place.style.minHeight = place.getBoundingClientRect().height + 'px';
      draw(place, html);
    }
    return true;
  };
  // What somebody reads is not to move away: rows wait while one is open.
  const isPaused = () => hold.getAttribute('aria-pressed') === 'true';
  const isRead = () => list.querySelector('details[open]') !== null;
  const label = () => {
    const count = held.length;
    hold.textContent = isPaused() ? (count ? 'Resume (' + count + ')' : 'Resume') : count ? count + ' new' : 'Pause';
  };
  const release = () => {
    put(held.splice(0));
    label();
  };
  const draw = (place, html) => {
    const active = [...place.querySelectorAll('a,summary')].indexOf(document.activeElement);
    const open = [...place.querySelectorAll('details')].map((each) => each.open);
    place.innerHTML = html;
    [...place.querySelectorAll('details')].forEach((each, i) => {
      each.open = open[i] ?? each.open;
    });
    place.querySelectorAll('a,summary')[active]?.focus({ preventScroll: true });
  };

  const listen = () => {
    source?.close();
    source = new EventSource('events?view=page&after=' + encodeURIComponent(list.dataset.after) + '&' + list.dataset.view.slice(1));
    source.addEventListener('open', () => {
      live.textContent = 'live';
      live.className = 'on';
    });
    source.addEventListener('error', () => {
      live.textContent = 'connection lost, trying again';
      live.className = '';
    });
    source.addEventListener('page', (event) => {
      const { parts, rows, found } = JSON.parse(event.data);
      for (const [id, html] of Object.entries(parts)) {
        if (shown.get(id) === html) continue;
        shown.set(id, html);
        draw(byId(id), html);
        if (id === 'status') name();
      }
      if (isPaused() || isRead()) held = [...held, ...rows].slice(-most());
      else if (rows.length > 0 || held.length > 0) put([...held.splice(0), ...rows]);
      for (const each of found) if (!tell(each)) late.set(...each);
      late = new Map(held.length === 0 ? [] : [...late].slice(-most()));
      label();
    });
  };
  let word = '';
  const name = () => {
    const { title } = document.querySelector('.verdict').dataset;
    document.title = title;
    const now = document.querySelector('.verdict .pill').textContent;
    if (word !== '' && word !== now) said.textContent = now;
    word = now;
  };

  // Another list: the same as following the link, and everything else stays.
  const go = async (query, isTyped) => {
    const mine = ++turn;
    const focus = document.activeElement?.closest('#tabs,#chips,#operations,#none')?.id;
    try {
      const answer = await fetch('./' + (query === '' ? '?' : query + '&') + 'part=list');
      if (!answer.ok) throw new Error(answer.statusText);
      const html = await answer.text();
      if (mine !== turn) return;
      const fresh = new DOMParser().parseFromString(html, 'text/html');
      for (const id of ['tabs', 'fields', 'chips', 'operations', 'none']) byId(id).replaceWith(fresh.getElementById(id));
      if (!isTyped) search.value = fresh.getElementById('q').value;
    } catch {
      location.href = './' + query;
      return;
    }
    list = byId('operations');
    held = [];
    late.clear();
    label();
    clock(list);
    const goal = focus === 'tabs' ? document.querySelector('#tabs [aria-current]') : list;
    if (focus) goal?.focus({ preventScroll: focus === 'tabs' });
    listen();
  };
  const queryOf = () => '?' + new URLSearchParams([...new FormData(search.form)].filter(([, value]) => value !== ''));
  const find = () => {
    clearTimeout(wait);
    const query = queryOf();
    history.replaceState(null, '', query);
    void go(query, true);
  };

  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[data-nav]');
    if (link && event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      history.pushState(null, '', link.getAttribute('href'));
      void go(link.getAttribute('href'));
      return;
    }
    const copy = event.target.closest('.copy');
    if (copy) void toClipboard(copy);
  });
  const toClipboard = async (button) => {
    const code = button.parentElement.querySelector('code');
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      // Not over HTTP from another machine: the old way needs the text to be selected.
      getSelection().selectAllChildren(code);
      document.execCommand('copy');
    }
    button.textContent = 'Copied';
    said.textContent = 'Copied';
    setTimeout(() => {
      button.textContent = 'Copy';
      said.textContent = '';
    }, 2000);
  };
  addEventListener('popstate', () => void go(location.search));
  search.form.addEventListener('submit', (event) => {
    event.preventDefault();
    find();
  });
  search.addEventListener('input', (event) => {
    clearTimeout(wait);
    if (!event.isComposing) wait = setTimeout(find, 150);
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.target === search || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    search.focus();
  });
  document.addEventListener('toggle', () => !isPaused() && !isRead() && held.length > 0 && release(), true);
  hold.hidden = false;
  hold.addEventListener('click', () => {
    if (isPaused()) hold.setAttribute('aria-pressed', 'false');
    else if (held.length === 0) hold.setAttribute('aria-pressed', 'true');
    release();
  });
  search.form.querySelector('[type=submit]').hidden = true;
  // On a phone the list comes before the numbers: each card is a line until it is opened.
  if (matchMedia('(max-width:760px)').matches) for (const card of document.querySelectorAll('details.card')) card.open = false;
  clock(list);
  name();
  listen();
}
`;
