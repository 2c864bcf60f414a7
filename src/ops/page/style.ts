// The page's look: calm in light and dark, one column on a phone, and nothing that only a colour says.
import { KINDS } from '../../gate/explain/reasons.js';
import { DARK, LIGHT, variables } from './palette.js';

const moods = ['good', 'warn', 'bad', 'member', 'plain'] as const;
/** A pill of this kind has the colours of this mood. */
const MOODS_OF_KINDS = {
  ...{ ok: 'good', password: 'warn', limit: 'warn', member: 'member', upstream: 'bad', here: 'bad', client: 'plain' },
} as const;
/** Beyond the colour: what an accepted login is filled with is plain, all else has a pattern. */
const fills = KINDS.map((kind) =>
  kind === 'ok'
    ? 'rect.ok{fill:var(--ok)}'
    : `rect.${kind}{fill:url(#p-${kind})}rect.base.${kind}{fill:var(--${kind})}`,
).join('');

export const STYLE = `
:root{color-scheme:light dark;${variables(LIGHT)}}
@media (prefers-color-scheme:dark){:root{${variables(DARK)}}}
*{box-sizing:border-box}
[hidden]{display:none!important}
@media (min-width:761px){html{scrollbar-gutter:stable}}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main,header,footer{max-width:1240px;margin:0 auto;padding:0 20px}
header{display:flex;flex-wrap:wrap;align-items:baseline;gap:4px 20px;padding-top:22px;padding-bottom:12px}
h1{font-size:22px;letter-spacing:-.01em;margin:0;font-weight:650}
h2{font-size:14px;margin:0;font-weight:620}
h3{font-size:16px;margin:0 0 6px}
p{margin:0}
.unit{font-weight:400;color:var(--quiet)}
code{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
b{font-weight:620;font-variant-numeric:tabular-nums}
a{color:inherit;text-underline-offset:2px}
.quiet{color:var(--quiet)}
.note{margin-top:8px;font-size:13.5px}
.ear,.skip{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip:focus{width:auto;height:auto;clip-path:none;left:12px;top:8px;background:var(--card);padding:4px 10px;border-radius:8px;z-index:1}
:focus-visible{outline:2px solid var(--focus);outline-offset:2px}
#identity{flex:1 1 480px;min-width:0}
.facts{display:flex;flex-wrap:wrap;gap:0 14px;font-size:13px}
.facts div{display:flex;gap:6px;min-width:0}
.facts dd{font-variant-numeric:tabular-nums}
.facts div:last-child dd{min-width:10ch}
#live{color:var(--quiet);font-size:13px;min-width:38px}
#live::before{content:"";display:inline-block;width:8px;height:8px;border-radius:50%;border:2px solid var(--quiet);margin-right:7px}
#live.on::before{background:var(--ok);border-color:var(--ok)}
.verdict{background:var(--card);border:1px solid var(--line);border-left:6px solid var(--ok);border-radius:10px;padding:12px 18px;margin-bottom:14px;min-height:50px}
.verdict.warn{border-left-color:var(--limit)}.verdict.bad{border-left-color:var(--upstream)}
.verdict>p{font-size:16px}.verdict>p>.pill{font-size:15px;line-height:24px;padding:0 10px;margin-right:8px}
.verdict ul{list-style:none;margin:10px 0 0;padding:0;display:grid;gap:8px}
.trouble{padding:8px 12px;border-radius:8px;overflow-wrap:anywhere;background:var(--bad-bg);color:var(--bad-ink);font-size:14.5px}
.trouble.warn{background:var(--warn-bg);color:var(--warn-ink)}
p.trouble{margin-top:10px}
.fix{display:block;color:var(--ink)}
.grid{display:grid;gap:14px;margin-bottom:14px}
.cards{grid-template-columns:repeat(4,minmax(0,1fr))}
.wide{grid-template-columns:repeat(2,minmax(0,1fr))}
section,.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 18px;min-width:0}
.card>summary{display:flex;justify-content:space-between;align-items:baseline;gap:10px;cursor:pointer;list-style:none}
.card[open]>summary{margin-bottom:10px}
.brief{min-width:16ch;font-size:13.5px;font-variant-numeric:tabular-nums;text-align:right}
.card>summary::-webkit-details-marker,#operations summary::-webkit-details-marker{display:none}
dl{display:grid;grid-template-columns:auto 1fr;gap:5px 14px;margin:0;font-variant-numeric:tabular-nums}
dt{color:var(--quiet)}
dt[title]{cursor:help}
.whole{grid-column:1/-1}
dd{margin:0;min-width:0;overflow-wrap:anywhere}
.pill{display:inline-block;padding:0 8px;border-radius:9px;font-size:13px;line-height:20px;font-weight:560;background:var(--plain-bg);color:var(--plain-ink)}
${moods.map((mood) => `.pill.${mood}{background:var(--${mood}-bg);color:var(--${mood}-ink)}`).join('')}
${KINDS.map((kind) => `.pill.${kind}{background:var(--${MOODS_OF_KINDS[kind]}-bg);color:var(--${MOODS_OF_KINDS[kind]}-ink)}`).join('')}
.card:has(>div:empty),.grid:not(:has(>.card>div:not(:empty))){display:none}
.tiles{display:grid;grid-template-columns:minmax(0,4fr) minmax(0,5fr) minmax(0,4fr) minmax(0,2fr);gap:6px 14px}
.tiles dt{font-size:13px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{text-align:left;font-weight:600}
thead th{color:var(--quiet);font-size:13px;font-weight:400;white-space:nowrap;overflow-wrap:normal}
th,td{padding:4px 14px 4px 0;vertical-align:baseline;overflow-wrap:anywhere}
tbody tr{border-top:1px solid var(--line)}
@media (min-width:1001px){#apps tbody th{white-space:nowrap}}
[data-title=Listeners]{min-width:21ch}
[data-title=Members],[data-title=Logins],[data-title="Last use"]{white-space:nowrap}
.blank{grid-area:1/2;place-self:center;color:var(--quiet);font-size:13.5px;background:var(--card);padding:0 8px}
.plot{display:grid;grid-template-columns:auto 1fr;gap:2px 9px}
.plot>svg{grid-area:1/2;width:100%;height:150px;display:block;overflow:visible}
.scale{grid-area:1/1;display:flex;flex-direction:column;justify-content:space-between;text-align:right;margin:-9px 0;min-width:42px}
.scale,.ticks{color:var(--quiet);font-size:12px;line-height:18px;font-variant-numeric:tabular-nums}
.ticks{grid-area:2/2;display:flex;justify-content:space-between;padding-top:3px}
svg line{stroke:var(--line);stroke-width:1;vector-effect:non-scaling-stroke}
svg path{fill:none;stroke:var(--time);stroke-width:2;vector-effect:non-scaling-stroke;stroke-linejoin:round}
pattern path{stroke:var(--card);stroke-width:1.1}
.defs{position:absolute}
${fills}
rect.hover{fill:transparent}g:hover>rect.hover{fill:var(--fresh)}
path.p50{stroke-width:3}path.p95{stroke-width:1.8;stroke-dasharray:7 3}path.p99{stroke-width:1.4;stroke-dasharray:2 2.5}
.legend{list-style:none;display:grid;gap:1px 18px;margin:10px 0 6px;padding:0;font-size:13px}
.legend li{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.key{height:12px;width:12px;vertical-align:-1px;margin-right:7px}
.key[viewBox="0 0 24 12"]{width:24px}
.values{font-size:13px}
.values summary{cursor:pointer;color:var(--quiet);list-style:revert;width:fit-content}
.values table{margin-top:6px}.values th{font-weight:400;white-space:nowrap;width:110px}
.head{display:flex;flex-wrap:wrap;gap:10px 18px;align-items:center;margin-bottom:10px}
.tabs{display:flex;gap:4px;flex:1 1 auto}
.tabs a{padding:4px 10px;border-radius:8px;text-decoration:none;border:1px solid transparent;white-space:nowrap}
.tabs a:hover{background:var(--paper)}
.tabs [aria-current]{border-color:var(--edge);background:var(--paper);font-weight:620}
.count{display:inline-block;min-width:3ch;color:var(--quiet);font-weight:400;font-size:13px;font-variant-numeric:tabular-nums}
form{display:flex;gap:8px;flex:0 1 460px;min-width:0}
input,button{font:inherit;font-size:14px;color:inherit;border:1px solid var(--edge);border-radius:8px;padding:4px 11px;background:var(--paper)}
input{flex:1 1 auto;min-width:0}
input::placeholder{color:var(--quiet);opacity:1}
button{cursor:pointer;white-space:nowrap}
#hold{min-width:112px}
button[aria-pressed=true]{background:var(--warn-bg);color:var(--warn-ink)}
#fields{display:none}
.chips{display:flex;flex-wrap:wrap;gap:6px 8px;align-items:baseline;margin:0 0 10px;font-size:14px}
.chip{padding:0 9px;border-radius:9px;background:var(--plain-bg);color:var(--plain-ink);text-decoration:none;overflow-wrap:anywhere}
.chip:hover{text-decoration:line-through}
#operations{list-style:none;margin:0 -18px;padding:0}
#operations:focus{outline:none}
#operations>li{border-top:1px solid var(--line)}
.heads,#operations summary{display:grid;grid-template-columns:72px 76px minmax(0,1fr) 218px 72px 124px;gap:0 12px;align-items:baseline;padding:6px 18px}
.heads.apps,#operations summary.apps{grid-template-columns:72px 76px 180px minmax(0,1fr) 218px 72px 124px}
#operations summary{cursor:pointer;list-style:none}
.heads{margin:0 -18px;color:var(--quiet);font-size:13px;padding-top:0}
#operations summary:hover,#operations details[open]{background:var(--paper)}
#operations details[open]{box-shadow:inset 3px 0 var(--edge)}
#operations summary:focus-visible{outline-offset:-2px}
#operations time,#operations .ms,#operations .from{font-variant-numeric:tabular-nums;color:var(--quiet);font-size:13.5px}
.ms{text-align:right}
.from{padding-left:8px}
.app,#operations .from,.target{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;unicode-bidi:isolate}
.more{padding:6px 18px 16px;display:grid;grid-template-columns:minmax(0,2fr) minmax(0,3fr);gap:12px 30px;font-size:14px}
.why,.actions{grid-column:1/-1}
.why{max-width:90ch;overflow-wrap:anywhere}
.why:empty{display:none}
.why.asked{min-height:84px}
.more ol{margin:0;padding-left:20px}
.more li,.more dd{overflow-wrap:anywhere}
.command{display:flex;gap:10px;align-items:baseline;margin:6px 0}
.command code{min-width:0;padding:4px 9px;border:1px solid var(--line);border-radius:6px;background:var(--card);user-select:all}
.copy{display:none;flex:none;min-width:76px;font-size:13px;padding:2px 9px;background:var(--card)}
.js .copy{display:inline-block}
.links{display:flex;flex-wrap:wrap;gap:4px 18px;margin-top:8px}
.empty{padding:18px 0 8px;border-top:1px solid var(--line)}
.prose section{margin:14px 0}.prose section:target{border-color:var(--focus);border-width:2px}.prose dl{margin-top:8px}.prose h2{font-size:18px;margin-top:24px}
footer{margin:16px auto 40px;color:var(--quiet);font-size:13px}
@media (min-width:1800px){main,header,footer{max-width:1800px}.plot>svg{height:190px}.legend{grid-template-columns:repeat(2,minmax(0,1fr))}
.heads.apps,#operations summary.apps{grid-template-columns:72px 76px 260px minmax(0,1fr) 218px 72px 124px}}
@media (max-width:1000px){#apps thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
#apps tbody tr{display:grid;grid-template-columns:minmax(0,1fr) 178px 180px 200px;gap:2px 12px;align-items:baseline;padding:6px 0}
#apps tbody th{grid-column:1/4}#apps td,#apps th{padding:0}
[data-title=State]{display:contents}[data-title=State] .pill{justify-self:end}[data-title=State] .quiet{grid-column:1/-1}
td:is([data-title=Members],[data-title=Logins],[data-title="Last use"])::before{content:attr(data-title) " ";color:var(--quiet)}
.cards,.tiles{grid-template-columns:repeat(2,minmax(0,1fr))}.heads,#operations summary{grid-template-columns:66px 62px minmax(0,1fr) 190px 62px 100px;gap:0 9px}
.heads.apps,#operations summary.apps{grid-template-columns:66px 62px 84px minmax(0,1fr) 190px 62px 96px}}
@media (max-width:760px){
main,header,footer{padding-left:12px;padding-right:12px}
header{padding-top:14px}
.grid{gap:8px;margin-bottom:8px}
.cards,.wide{grid-template-columns:minmax(0,1fr)}
.tiles{grid-template-columns:minmax(0,1fr)}.tiles div{display:flex;gap:10px}.tiles dt{flex:none;width:112px;font-size:inherit}
#identity{order:1;flex-basis:100%}
#live{margin-left:auto}
section,.card,.verdict{padding:11px 14px}
.card>summary::before{content:"▸";color:var(--quiet)}.card[open]>summary::before{content:"▾"}.card h2{flex:1}.legend li{white-space:normal}
.plot>svg{height:110px}
.heads{display:none}
#operations,.heads{margin:0 -14px}
#operations summary,#operations summary.apps{grid-template-columns:auto 1fr auto;gap:1px 10px;padding:8px 14px}
summary time{order:1}summary .what{order:2}#operations summary .ms{order:3}
#operations summary.apps{grid-template-columns:auto auto 1fr auto}
summary .app{order:2}
summary .target{order:4;grid-column:1/-1}summary .target.filter{white-space:normal;overflow-wrap:anywhere}
summary .outcome{order:5;grid-column:1/3}summary.apps .outcome{grid-column:1/4}summary .from{order:6;text-align:right}
.why.asked{min-height:147px}.more{padding:6px 14px 14px;grid-template-columns:minmax(0,1fr)}
.tabs,form{flex:1 1 100%}
.tabs a{padding:4px 8px}
#hold{min-width:96px;padding:4px 8px}
.command{flex-wrap:wrap}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
tbody tr,tbody th,td{display:block;padding:0}
tbody tr{padding:8px 0}
#apps tbody tr{grid-template-columns:minmax(0,1fr) auto auto;padding:8px 0}#apps tbody th{grid-column:1/3}
[data-title=Logins]{grid-column:2/-1;justify-self:end}[data-title="Last use"],[data-title=Listeners]{grid-column:1/-1}
.scale{line-height:14px;margin:-7px 0}}
@media (prefers-reduced-motion:no-preference){#operations>li.new{animation:arrive 1.6s ease-out}
@keyframes arrive{from{background:var(--fresh)}to{background:transparent}}}
@media (forced-colors:active){.pill,.chip,.tabs [aria-current]{border:1px solid}rect.hover{fill:none}}
`;
