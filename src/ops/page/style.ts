// The page's look: calm in light and dark, one column on a phone, and nothing that is told by colour alone.

export const STYLE = `
:root{color-scheme:light dark;
--paper:#f6f7f9;--card:#fff;--ink:#1c2430;--quiet:#5d6879;--line:#e1e5eb;--focus:#2563c9;
--ok:#2f8f72;--password:#c98a1b;--member:#7a68c8;--limit:#d0652b;--upstream:#c6394b;--here:#a83279;--client:#75808f;
--good-bg:#e2f3ec;--good:#17644c;--warn-bg:#fbf0d6;--warn:#7a5207;--bad-bg:#fae3e5;--bad:#992231;--member-bg:#ece8fa;--member-ink:#4b3b99;--plain-bg:#eceff3}
@media (prefers-color-scheme:dark){:root{
--paper:#12161c;--card:#1a2028;--ink:#e4e8ee;--quiet:#97a3b4;--line:#2a323d;--focus:#7fb0ff;
--ok:#4db795;--password:#dca54a;--member:#9d8ee6;--limit:#e48a57;--upstream:#e4697a;--here:#d977b2;--client:#8793a3;
--good-bg:#17362d;--good:#8fdcc1;--warn-bg:#3a2e12;--warn:#f0cd84;--bad-bg:#40191f;--bad:#f5a9b3;--member-bg:#2b2647;--member-ink:#c5baf7;--plain-bg:#252d38}}
*{box-sizing:border-box}
[hidden]{display:none!important}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main,header{max-width:1180px;margin:0 auto;padding:0 20px}
header{display:flex;flex-wrap:wrap;align-items:baseline;gap:6px 16px;padding-top:26px;padding-bottom:14px}
h1{font-size:22px;letter-spacing:-.01em;margin:0;font-weight:650}
h2{font-size:12px;margin:0 0 10px;font-weight:600;color:var(--quiet);letter-spacing:.06em;text-transform:uppercase}
code{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
b{font-weight:620;font-variant-numeric:tabular-nums}
.quiet{color:var(--quiet)}
#live{margin-left:auto;color:var(--quiet);font-size:13px}
#live::before{content:"";display:inline-block;width:8px;height:8px;border-radius:50%;background:var(--client);margin-right:7px}
#live.on::before{background:var(--ok)}
.grid{display:grid;gap:14px;grid-template-columns:repeat(auto-fit,minmax(250px,1fr));margin-bottom:14px}
.grid.wide{grid-template-columns:repeat(auto-fit,minmax(min(100%,430px),1fr))}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:16px 18px;min-width:0}
dl{display:grid;grid-template-columns:auto 1fr;gap:5px 14px;margin:0;font-variant-numeric:tabular-nums}
dt{color:var(--quiet)}
dt.whole{grid-column:1/-1;color:var(--ink)}
dd{margin:0;min-width:0;overflow-wrap:anywhere}
.pill{display:inline-block;padding:0 8px;border-radius:9px;font-size:13px;line-height:20px;font-weight:560;background:var(--plain-bg);white-space:nowrap}
.pill.good,.pill.plain.ok{background:var(--good-bg);color:var(--good)}
.pill.warn,.pill.password,.pill.limit{background:var(--warn-bg);color:var(--warn)}
.pill.bad,.pill.upstream,.pill.here{background:var(--bad-bg);color:var(--bad)}
.pill.member{background:var(--member-bg);color:var(--member-ink)}
.pill.plain.client{color:var(--ink)}
.trouble{margin:12px 0 0;padding:8px 11px;border-radius:8px;background:var(--bad-bg);color:var(--bad);overflow-wrap:anywhere;font-size:13.5px}
#each{margin-bottom:14px}
#each:has(#apps:empty){display:none}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{text-align:left;font-weight:600}
thead th{color:var(--quiet);font-size:13px;font-weight:400}
th,td{padding:4px 14px 4px 0;vertical-align:baseline;overflow-wrap:anywhere}
tbody tr{border-top:1px solid var(--line)}
.plot{display:grid;grid-template-columns:auto 1fr;gap:2px 9px}
.plot svg{width:100%;height:140px;display:block;overflow:visible}
.scale{display:flex;flex-direction:column;justify-content:space-between;text-align:right;margin:-9px 0;min-width:32px}
.scale,.ticks{color:var(--quiet);font-size:12px;line-height:18px;font-variant-numeric:tabular-nums}
.ticks{grid-column:2;display:flex;justify-content:space-between;padding-top:3px}
svg line{stroke:var(--line);stroke-width:1;vector-effect:non-scaling-stroke}
svg path{fill:none;stroke-width:2;vector-effect:non-scaling-stroke;stroke-linejoin:round}
rect.ok{fill:var(--ok)}rect.password{fill:var(--password)}rect.member{fill:var(--member)}
rect.limit{fill:var(--limit)}rect.upstream{fill:var(--upstream)}rect.here{fill:var(--here)}rect.client{fill:var(--client)}
path.p50{stroke:var(--ok)}path.p95{stroke:var(--password)}path.p99{stroke:var(--upstream)}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:3px 16px;margin:10px 0 0;padding:0;font-size:13px;color:var(--quiet)}
.legend b{color:var(--ink)}
.dot{display:inline-block;width:9px;height:9px;border-radius:3px;margin-right:6px;background:var(--client)}
.dot.ok,.dot.p50{background:var(--ok)}.dot.password,.dot.p95{background:var(--password)}.dot.member{background:var(--member)}
.dot.limit{background:var(--limit)}.dot.upstream,.dot.p99{background:var(--upstream)}.dot.here{background:var(--here)}
.head{display:flex;flex-wrap:wrap;gap:10px 14px;align-items:center;margin-bottom:10px}
.head h2{margin:0;flex:1 1 auto}
form{display:flex;gap:8px;flex:0 1 430px;min-width:0}
input,button{font:inherit;font-size:14px;color:inherit;border:1px solid var(--line);border-radius:8px;padding:5px 11px;background:var(--paper)}
input{flex:1 1 auto;min-width:0}
button{cursor:pointer}
button[aria-pressed=true]{background:var(--warn-bg);color:var(--warn)}
:focus-visible{outline:2px solid var(--focus);outline-offset:2px}
#operations{list-style:none;margin:0 -18px;padding:0}
#operations>li{border-top:1px solid var(--line)}
summary{display:grid;grid-template-columns:72px 68px minmax(0,1fr) 196px 64px 112px;gap:0 12px;align-items:baseline;padding:6px 18px;cursor:pointer;list-style:none}
summary.apps{grid-template-columns:72px 68px 104px minmax(0,1fr) 196px 64px 112px}
.app{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
summary::-webkit-details-marker{display:none}
summary:hover,details[open]>summary{background:var(--paper)}
summary:focus-visible{outline-offset:-2px}
summary time,.ms,.from{font-variant-numeric:tabular-nums;color:var(--quiet);font-size:13.5px}
.ms{text-align:right}
summary .from{padding-left:8px}
.from{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.target{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.more{padding:6px 18px 16px;background:var(--paper);display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr));gap:12px 30px;font-size:14px}
.more ol{margin:0;padding-left:20px}
.more ol:empty{display:none}
.more li,.more dd{overflow-wrap:anywhere}
.empty{padding:18px;margin:0;color:var(--quiet)}
footer{max-width:1180px;margin:16px auto 40px;padding:0 20px;color:var(--quiet);font-size:13px}
a{color:inherit}
.skip{position:absolute;left:-999px}
.skip:focus{left:12px;top:8px;background:var(--card);padding:4px 10px;border-radius:8px}
@media (max-width:760px){
main,header,footer{padding-left:12px;padding-right:12px}
#live{margin-left:0}
summary,summary.apps{grid-template-columns:auto 1fr auto;gap:1px 10px;padding:8px 18px}
summary time{order:1}summary .what{order:2}summary .ms{order:3}
summary.apps{grid-template-columns:auto auto 1fr auto}
summary .app{order:2}
summary .target{order:4;grid-column:1/-1;white-space:normal;overflow-wrap:anywhere}
summary .outcome{order:5;grid-column:1/3}summary.apps .outcome{grid-column:1/4}summary .from{order:6;text-align:right}
form{flex:1 1 100%}
thead{display:none}
tbody tr,tbody th,td{display:block;padding:0}
tbody tr{padding:8px 0}
td::before{content:attr(data-title);display:inline-block;width:88px;color:var(--quiet)}}
@media (prefers-reduced-motion:no-preference){#operations>li.new{animation:arrive 1.2s ease-out}
@keyframes arrive{from{background:var(--good-bg)}to{background:transparent}}}
`;
