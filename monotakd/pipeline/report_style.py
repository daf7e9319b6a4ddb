"""The report's style sheet: dark on white, large enough for a projector, one column on a phone. Nothing is loaded."""

CSS = """
:root { --ink: #1b2530; --muted: #56616b; --line: #dde2e6; --ground: #f6f8f9;
  --good: #0b6b4e; --bad: #9c2f1b; --now: #1f6fb5; --best: #eaf6f1; }
* { box-sizing: border-box; }
html { font-size: clamp(16px, 0.6vw + 11px, 22px); -webkit-text-size-adjust: 100%; }
body { margin: 0; background: #fff; color: var(--ink); line-height: 1.5;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 1.2rem 1rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0.4rem 0 0.6rem; text-wrap: balance; }
h2 { font-size: 1.35rem; margin: 2.4rem 0 0.7rem; padding-bottom: 0.2rem; border-bottom: 2px solid var(--ink); }
h3 { font-size: 1.05rem; margin: 1.5rem 0 0.4rem; }
p { margin: 0.5rem 0; max-width: 46rem; }
a { color: var(--now); }
code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.88em;
  overflow-wrap: anywhere; }
.lead { font-size: 1.1rem; }
.lead.failed { color: var(--bad); font-weight: 600; }
.bar { height: 0.55rem; background: var(--line); border-radius: 0.3rem; overflow: hidden; max-width: 46rem; }
.bar div { height: 100%; background: var(--now); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.35rem 0.6rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-weight: 600; }
thead th { border-bottom: 2px solid var(--ink); vertical-align: bottom; font-size: 0.86rem; }
tbody th { font-weight: 500; }
.stages { width: 100%; }
.stages .mark { width: 1.6rem; padding-right: 0; }
.stages .number { text-align: right; white-space: nowrap; }
.stages td:last-child { color: var(--muted); width: 50%; }
.stages .done .mark { color: var(--good); }
.stages .running { background: #eef5fb; }
.stages .running .mark, .stages .running td:nth-child(3) { color: var(--now); font-weight: 600; }
.stages .failed td, .stages .failed th { color: var(--bad); }
.stages .waiting, .stages .skipped { color: var(--muted); }
.results { font-size: 0.82rem; width: 100%; }
.results th, .results td { padding: 0.35rem 0.4rem; }
.results td { text-align: right; white-space: nowrap; }
.results thead th { text-align: right; max-width: 8.5rem; }
.results tbody th, .results thead th:first-child { text-align: left; position: sticky; left: 0; background: #fff;
  min-width: 8rem; }
.results td:nth-child(2) { text-align: center; }
.results .missing td, .results .missing th { color: var(--muted); font-style: italic; }
.results .model th, .results .model td { background: var(--ground); }
.results .above { color: var(--good); font-weight: 600; }
.results .below { color: var(--bad); font-weight: 600; }
.claims { font-size: 0.82rem; width: 100%; }
.claims tbody + tbody { border-top: 1px solid var(--line); }
.claims td, .claims th { border-bottom: 0; padding: 0.3rem 0.5rem; }
.claims thead th { border-bottom: 2px solid var(--ink); }
.claims tbody th { min-width: 13rem; }
.claims td:nth-child(2), .claims td:nth-child(3) { min-width: 8rem; }
.claims .ours { white-space: nowrap; }
.claims .verdict { font-weight: 600; white-space: nowrap; }
.claims .reproduced { color: var(--good); }
.claims .not-reproduced { color: var(--bad); }
.claims .reason, .note, figcaption, .over { color: var(--muted); font-size: 0.86rem; }
.claims .reason { display: block; font-weight: 400; white-space: normal; font-size: 1em; }
summary { cursor: pointer; padding: 0.5rem 0; color: var(--now); }
.over { margin: 1rem 0 0.3rem; font-weight: 600; }
.cards { display: flex; flex-wrap: wrap; gap: 0.8rem; }
.card { flex: 1 1 11rem; border: 1px solid var(--line); border-top: 4px solid #68737d; border-radius: 0.3rem;
  padding: 0.5rem 0.9rem 0.7rem; }
.card.student { border-top-color: #f08a00; }
.card .value { font-size: 1.9rem; font-weight: 650; font-variant-numeric: tabular-nums; line-height: 1.25; }
.card .against { color: var(--muted); font-size: 0.86rem; }
figure { margin: 1rem 0 1.6rem; }
figure img { display: block; max-width: 100%; height: auto; border: 0; }
figcaption { margin-top: 0.4rem; max-width: 46rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.3rem 1rem; margin: 0; }
dt { font-weight: 600; }
dd { margin: 0; }
@media (max-width: 40rem) {
  main { padding: 0.6rem 0.8rem 3rem; }
  h1 { font-size: 1.5rem; }
  dl { grid-template-columns: 1fr; gap: 0.1rem; }
  dd { margin-bottom: 0.5rem; }
  .stages tr { display: grid; grid-template-columns: 1.6rem 1fr auto; border-bottom: 1px solid var(--line); }
  .stages td, .stages th { border: 0; padding: 0.25rem 0.3rem; }
  .stages td:nth-child(3) { display: none; }
  .stages td:last-child { grid-column: 2 / -1; width: auto; padding-top: 0; font-size: 0.86rem; }
  .stages td:last-child:empty { display: none; }
  figure { overflow-x: auto; }
  figure img { max-width: none; width: 40rem; }
  .results tbody th { min-width: 7.5rem; max-width: 9rem; }
}
@media print { .scroll { overflow: visible; } section { break-inside: avoid-page; } }
"""
