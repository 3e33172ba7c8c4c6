#include <fmt/format.h>

#include <map>
#include <vector>

#include "cli/table.h"
#include "html.h"

namespace mainstay::report {
namespace {

namespace q = query::v1;

constexpr const char* kHead =
    R"(<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>
:root{--fg:#1b1b1f;--bg:#fff;--line:#c8c8d0;--soft:#f2f3f7;--curve:#0b57d0;--mark:#b3261e}
@media(prefers-color-scheme:dark){:root{--fg:#e6e6ea;--bg:#16181d;
--line:#3f434c;--soft:#22252c;--curve:#8ab4f8;--mark:#f2b8b5}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg);
max-width:72rem;margin:2rem auto;padding:0 1rem}
figure{margin:0}svg{width:100%;height:auto;font:12px sans-serif}svg text{fill:var(--fg)}
.grid{stroke:var(--line)}.curve{fill:none;stroke:var(--curve);stroke-width:2.5}
.line80{stroke:var(--mark);stroke-width:1.5;stroke-dasharray:6 4}
table{border-collapse:collapse;width:100%;margin:.5rem 0 2rem}caption{text-align:left;font-weight:600;padding:.3rem 0}
th,td{border-bottom:1px solid var(--line);padding:.3rem .6rem;text-align:left}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
th button{font:inherit;font-weight:600;color:inherit;background:none;border:0;padding:0;cursor:pointer}
th[aria-sort=ascending] button::after{content:" ▲"}th[aria-sort=descending] button::after{content:" ▼"}
tbody tr:nth-child(even){background:var(--soft)}a:focus,button:focus{outline:2px solid var(--curve)}
</style>
)";

constexpr const char* kScript = R"(<script>
document.querySelectorAll("th button").forEach(function(button){button.addEventListener("click",function(){
var th=button.parentNode,table=th.closest("table"),body=table.tBodies[0],column=th.cellIndex;
var up=th.getAttribute("aria-sort")!=="ascending";
table.querySelectorAll("th").forEach(function(other){other.removeAttribute("aria-sort")});
th.setAttribute("aria-sort",up?"ascending":"descending");
Array.from(body.rows).sort(function(a,b){
var x=a.cells[column].dataset.v,y=b.cells[column].dataset.v;
var order=x!==undefined&&y!==undefined?Number(x)-Number(y)
:a.cells[column].textContent.localeCompare(b.cells[column].textContent);
return up?order:-order}).forEach(function(row){body.appendChild(row)})})});
</script>
)";

struct Cell {
  std::string text;
  std::string number;  // What it sorts by; empty: by its text.
};

Cell Number(double value, std::string text) { return {std::move(text), fmt::format("{}", value)}; }
Cell Count(std::int64_t value) { return Number(static_cast<double>(value), cli::Thousands(value)); }
Cell Money(const q::Money& money) {
  return {cli::MoneyText(money.amount(), money.currency()), money.amount().empty() ? "0" : money.amount()};
}
Cell Share(double share) { return Number(share, cli::Percent(share, 2)); }

class SortableTable {
 public:
  SortableTable(std::string caption, std::vector<std::string> titles)
      : caption_(std::move(caption)), titles_(std::move(titles)), numeric_(titles_.size(), false) {}
  void Add(const std::vector<Cell>& cells) {
    rows_ += "<tr>";
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const Cell& cell = cells[i];
      const std::string attributes =
          cell.number.empty() ? "" : fmt::format(" class=\"n\" data-v=\"{}\"", Escaped(cell.number));
      const std::string text = Escaped(cell.text);
      rows_ += i == 0 ? fmt::format("<th scope=\"row\"{}>{}</th>", attributes, text)
                      : fmt::format("<td{}>{}</td>", attributes, text);
      numeric_[i] = numeric_[i] || !cell.number.empty();
    }
    rows_ += "</tr>\n";
  }
  [[nodiscard]] std::string Html() const {
    if (rows_.empty()) return "<p>" + Escaped(caption_) + ": none.</p>\n";
    std::string html = "<table><caption>" + Escaped(caption_) + "</caption><thead><tr>";
    for (std::size_t i = 0; i < titles_.size(); ++i) {
      html += fmt::format("<th scope=\"col\"{}><button type=\"button\">{}</button></th>",
                          numeric_[i] ? " class=\"n\"" : "", Escaped(titles_[i]));
    }
    return html + "</tr></thead><tbody>\n" + rows_ + "</tbody></table>\n";
  }

 private:
  std::string caption_;
  std::vector<std::string> titles_;
  std::vector<bool> numeric_;  // Columns whose heads stand over numbers.
  std::string rows_;
};

std::string Tiers(const q::GetParetoResponse& pareto) {
  SortableTable table("Tiers by rank", {"tier", "clients", "revenue", "share", "expected"});
  for (const q::TierSummary& tier : pareto.tiers()) {
    table.Add({{tier.tier(), ""},
               Count(tier.clients()),
               Money(tier.revenue()),
               Share(tier.share()),
               tier.has_expected_share() ? Share(tier.expected_share()) : Cell{"-", "0"}});
  }
  return table.Html();
}

std::string Clients(const ReportData& data) {
  SortableTable table("Clients, best first", {"client", "rank", "revenue", "share", "cumulative", "tier", "persona"});
  std::map<std::string, std::string> personas;
  for (const q::ClientSummary& client : data.clients.rows()) personas[client.client()] = client.persona().name();
  for (const q::ParetoRow& row : data.pareto.rows()) {
    table.Add({{row.client(), ""},
               Count(row.rank()),
               Money(row.revenue()),
               Share(row.share()),
               Share(row.cumulative_share()),
               {row.tier(), ""},
               {personas[row.client()], ""}});
  }
  return table.Html();
}

std::string PersonaAnswers(const q::GetPersonasResponse& personas) {
  std::string text;
  if (personas.has_all_like_the_best()) {
    const q::AllLikeTheBest& all = personas.all_like_the_best();
    text += fmt::format("<p>If all clients were like the best, the book would bring {} instead of {}.</p>\n",
                        Escaped(Money(all.revenue()).text), Escaped(Money(all.revenue_now()).text));
  }
  if (personas.has_draining()) {
    text +=
        fmt::format("<p>Draining clients cost the others {} a year: what their minutes would leave elsewhere.</p>\n",
                    Escaped(Money(personas.draining().cost()).text));
  }
  SortableTable stagnant("Stagnant clients", {"client", "revenue", "last offered something"});
  for (const q::StagnantClient& row : personas.stagnant()) {
    stagnant.Add({{row.client(), ""},
                  Money(row.revenue()),
                  {row.has_last_offer() ? row.last_offer().substr(0, 10) : "never", ""}});
  }
  return text + stagnant.Html();
}

std::string Personas(const ReportData& data) {
  SortableTable table("Personas", {"persona", "clients", "revenue", "share", "minutes a year"});
  for (const q::PersonaTotal& row : data.personas.personas()) {
    table.Add(
        {{row.persona(), ""}, Count(row.clients()), Money(row.revenue()), Share(row.share()), Count(row.minutes())});
  }
  return table.Html() + PersonaAnswers(data.personas);
}

std::string Movement(const q::GetReviewResponse& review) {
  SortableTable table("Who moved since " + (review.has_quarter() ? "the end of " + review.quarter() : "the start"),
                      {"client", "rank before", "rank", "tier before", "tier"});
  for (const auto* list : {&review.moved_down(), &review.moved_up()}) {
    for (const q::Movement& row : *list) {
      table.Add(
          {{row.client(), ""}, Count(row.rank_before()), Count(row.rank()), {row.tier_before(), ""}, {row.tier(), ""}});
    }
  }
  return table.Html();
}

std::string Quarters(const q::GetReviewResponse& review) {
  SortableTable table("The quarter, and the one before", {"quarter", "clients", "revenue", "above the 80 % line",
                                                          "a slot", "new clients", "gone clients"});
  for (const q::QuarterFigures* figures : {&review.figures(), &review.before()}) {
    if (figures->quarter().empty()) continue;
    table.Add({{figures->quarter(), ""},
               Count(figures->clients()),
               Money(figures->revenue()),
               Money(figures->above_line()),
               Money(figures->revenue_per_slot()),
               Count(figures->new_clients()),
               Count(figures->gone_clients())});
  }
  return table.Html();
}

std::string Review(const q::GetReviewResponse& review) {
  SortableTable table("Proposed for lower service", {"client", "revenue", "why", "decision", "by", "handed to"});
  for (const q::ReviewProposal& row : review.rows()) {
    table.Add({{row.client(), ""},
               Money(row.revenue()),
               {row.reason(), ""},
               {row.has_decision() ? row.decision() : "open", ""},
               {row.by(), ""},
               {row.hand_to(), ""}});
  }
  return table.Html();
}

std::string Losses(const q::GetHealthResponse& health) {
  SortableTable table("Lost in the past 365 days",
                      {"client", "lost on", "reason", "competitor", "tier", "revenue", "of the book"});
  for (const q::Loss& loss : health.losses()) {
    table.Add({{loss.client(), ""},
               {loss.lost_at().substr(0, 10), ""},
               {loss.reason(), ""},
               {loss.competitor(), ""},
               {loss.tier(), ""},
               Money(loss.revenue()),
               Share(loss.share())});
  }
  return table.Html();
}

std::string Whitespace(const q::GetWhitespaceResponse& whitespace) {
  SortableTable table("Whitespace", {"client", "products held", "departments", "locations", "next best product"});
  for (const q::WhitespaceRow& row : whitespace.rows()) {
    table.Add({{row.client(), ""},
               Count(row.products()),
               Count(row.departments()),
               Count(row.locations()),
               {row.next_best_product(), ""}});
  }
  return table.Html();
}

}  // namespace

std::string ReportPage(const ReportData& data) {
  const q::GetParetoResponse& pareto = data.pareto;
  std::string page = "<!DOCTYPE html>\n<html lang=\"en\"><head>";
  page += kHead;
  page += "<title>Book " + Escaped(pareto.book()) + "</title></head><body><main>\n";
  page +=
      fmt::format("<h1>Book {}</h1><p>{} paying clients, {} in the 365 days to {}; {} of them carry 80 % of it.</p>\n",
                  Escaped(pareto.book()), cli::Thousands(pareto.clients()), Escaped(Money(pareto.revenue()).text),
                  Escaped(pareto.as_of()), cli::Thousands(pareto.line_80().clients()));
  page += "<h2>Who matters</h2>\n<figure>" + ParetoSvg(pareto, false) + "</figure>\n" + Tiers(pareto) + Personas(data);
  page += "<h2>Losses and lower service first</h2>\n" + Losses(data.health) + Quarters(data.review) +
          Review(data.review) + Movement(data.review);
  page += "<h2>Clients</h2>\n" + Clients(data) + "<h2>What they could buy</h2>\n" + Whitespace(data.whitespace);
  return page + "</main>\n" + kScript + "</body></html>\n";
}

}  // namespace mainstay::report
