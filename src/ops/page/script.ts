// What the page does in a browser: puts in what the server has drawn, hides what is not searched for. Without it the page stands still.

export const SCRIPT = `
'use strict';
const MOST = 200;
const list = document.getElementById('operations');
const live = document.getElementById('live');
const search = document.getElementById('q');
const hold = document.getElementById('hold');
const none = document.getElementById('none');
const shown = new Map();
let held = [];
let late = new Map();

const clock = (row) => {
  for (const time of row.querySelectorAll('time')) {
    const at = new Date(time.dateTime);
    time.textContent = at.toLocaleTimeString('en-GB');
    time.title = at.toLocaleString();
  }
};
const sift = (row) => {
  row.hidden = !row.textContent.toLowerCase().includes(search.value.trim().toLowerCase());
};
const count = () => {
  none.hidden = [...list.children].some((row) => !row.hidden);
};
const put = (rows) => {
  for (const html of rows) {
    const holder = document.createElement('template');
    holder.innerHTML = html;
    const row = holder.content.firstElementChild;
    row.classList.add('new');
    clock(row);
    sift(row);
    list.prepend(row);
  }
  while (list.children.length > MOST) list.lastElementChild.remove();
  for (const each of late) tell(each);
  late.clear();
  count();
};
// Into the place that waits for it: nothing else moves, and what is open or has the focus stays so.
const tell = ([name, html]) => {
  const row = list.querySelector('[data-name="' + CSS.escape(name) + '"]');
  const place = row && row.querySelector('.cloud');
  if (!place) return false;
  place.innerHTML = html;
  sift(row);
  return true;
};

for (const row of list.children) clock(row);
search.form.addEventListener('submit', (event) => event.preventDefault());
search.addEventListener('input', () => {
  for (const row of list.children) sift(row);
  count();
});
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.target === search || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  search.focus();
});
search.form.querySelector('[type=submit]').hidden = true;
hold.hidden = false;
hold.addEventListener('click', () => {
  const isHeld = hold.getAttribute('aria-pressed') !== 'true';
  hold.setAttribute('aria-pressed', String(isHeld));
  hold.textContent = isHeld ? 'Resume' : 'Pause';
  if (!isHeld) put(held.splice(0));
});

const source = new EventSource('events?view=page&after=' + encodeURIComponent(list.dataset.after));
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
    document.getElementById(id).innerHTML = html;
  }
  if (hold.getAttribute('aria-pressed') === 'true') held = [...held, ...rows].slice(-MOST);
  else if (rows.length > 0) put(rows);
  for (const each of found) if (!tell(each)) late.set(...each);
  late = new Map(held.length === 0 ? [] : [...late].slice(-MOST));
  if (found.length > 0) count();
});
`;
