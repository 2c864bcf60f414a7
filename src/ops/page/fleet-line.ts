// What this instance shares with others, on one line of the page. Empty where it is alone.
import type { FleetState, State } from '../state.js';
import { type Html, html } from './html.js';

/** What is seen of it where it is folded. */
export function fleetBrief({ fleet }: Pick<State, 'fleet'>): Html {
  if (fleet === undefined) return html``;
  return fleet.up && fleet.together ? pill('good', 'together') : pill('warn', 'each for itself');
}

/** The store, who reads the directory, and who counts failed attempts. */
export function fleetLine({ fleet }: Pick<State, 'fleet'>): Html {
  if (fleet === undefined) return html``;
  const { store, up, together, trouble } = fleet;
  const facts: (readonly [name: string, value: Html])[] = [
    ['Store', html`${up ? pill('good', 'up') : pill('bad', 'down', trouble)} <code>${store}</code>`],
    ['Directory', reader(fleet)],
    ['Failed attempts', together ? html`counted by all instances` : pill('warn', 'counted by this instance alone')],
    ['All instances', html`<code>jumpgate fleet</code>`],
  ];
  return html`<dl class="tiles">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function reader({ up, reading, trouble }: FleetState): Html {
  if (reading?.role === undefined) return html`<span class="quiet">not read yet</span>`;
  const { role, why, by } = reading;
  if (role === 'alone' || !up) return pill('warn', 'read by each for itself', why ?? trouble);
  if (role === 'reader')
    return why === undefined
      ? html`read by this instance, for all`
      : pill('warn', 'read by this instance; the others do not have it', why);
  return by === undefined ? html`<span class="quiet">not read yet</span>` : html`read by ${by}, for all`;
}

function pill(mood: 'good' | 'warn' | 'bad', text: string, title = ''): Html {
  return html`<span class="pill ${mood}"${title === '' ? undefined : html` title="${title}"`}>${text}</span>`;
}
