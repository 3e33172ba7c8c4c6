#include "health_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "money_text.h"

namespace mainstay::cli {
namespace {

namespace q = query::v1;

std::string Rate(bool known, double rate) { return known ? Percent(rate) : "-"; }

std::string Clients(long long count) { return Thousands(count) + (count == 1 ? " client" : " clients"); }

std::string Losses(const q::GetHealthResponse& health, const Terminal& terminal) {
  if (health.losses().empty()) return "Lost in 365 days: nobody.\n\n";
  std::string text = "Lost in 365 days:\n\n";
  Table table({{"client", Align::kLeft, true},
               {"lost on"},
               {"reason"},
               {"competitor", Align::kLeft, true},
               {"tier"},
               {"revenue", Align::kRight},
               {"of the book", Align::kRight},
               {"event"}});
  for (const q::Loss& loss : health.losses()) {
    table.Add({loss.client(), loss.lost_at().substr(0, 10), loss.reason(), loss.competitor(), loss.tier(),
               Text(loss.revenue()), loss.has_share() ? Percent(loss.share(), 2) : "-", loss.event_id()});
  }
  return text + table.Render(terminal) + "\n";
}

std::string Base(const q::GetHealthResponse& health) {
  std::string text =
      fmt::format("Won: {}, {}.\n", Clients(health.wins().clients_size()), Text(health.wins().revenue()));
  text += fmt::format("Retention: {} of {} that paid the year before (goal {}).\n",
                      Rate(health.has_retention(), health.retention()), Clients(health.clients_before()),
                      Percent(health.retention_goal(), 0));
  text += fmt::format("Base revenue year on year: {}; {} of all growth comes from present clients.\n",
                      health.has_base_growth() ? fmt::format("{:+.1f} %", health.base_growth() * 100) : "-",
                      Rate(health.has_growth_from_present(), health.growth_from_present()));
  text += fmt::format("Effort: {} minutes of touches with clients that paid the year before, {} with all others{}.\n",
                      Thousands(health.minutes_present()), Thousands(health.minutes_new()),
                      health.minutes_present() < health.minutes_new() ? " (it should be at least as much)" : "");
  if (health.has_coverage()) {
    const q::Coverage& coverage = health.coverage();
    text += fmt::format("Target {}: {}; booked {} ({}); present clients cover {} of it.\n", coverage.year(),
                        Text(coverage.target()), Text(coverage.booked()),
                        Rate(coverage.has_booked_share(), coverage.booked_share()),
                        Rate(coverage.has_base(), coverage.base()));
  } else {
    text += "Target: none is set for this year (publish TargetSet).\n";
  }
  text +=
      fmt::format("Above the 80 % line: {}, {}; free slots: {}.\n", Clients(health.above_line().clients()),
                  Text(health.above_line().revenue()), health.has_free_slots() ? Thousands(health.free_slots()) : "-");
  for (const q::ErosionYear& row : health.erosion()) {
    text += fmt::format("Without replacement, in {} {}: {} clients, {}.\n", row.years(),
                        row.years() == 1 ? "year" : "years", Fixed(row.clients(), 0), Text(row.revenue()));
  }
  return text;
}

std::string Sizes(const q::GetHealthResponse& health, const Terminal& terminal) {
  Table table({{"size"},
               {"clients", Align::kRight},
               {"revenue", Align::kRight},
               {"retention", Align::kRight},
               {"referrers", Align::kRight},
               {"minutes per 1,000", Align::kRight}});
  for (const auto* rows : {&health.by_revenue(), &health.by_employees()}) {
    for (const q::SizeRow& row : *rows) {
      table.Add({row.band(), Thousands(row.clients()), Text(row.revenue()), Rate(row.has_retention(), row.retention()),
                 Thousands(row.referrals()),
                 row.has_minutes_per_thousand() ? Fixed(row.minutes_per_thousand(), 1) : "-"});
    }
  }
  return table.empty() ? "" : "\n" + table.Render(terminal);
}

std::string Profiles(const q::GetHealthResponse& health, const Terminal& terminal) {
  const auto number = [](bool known, double value) {
    return known ? Thousands(static_cast<long long>(value + 0.5)) : std::string("-");
  };
  Table table({{"medians"},
               {"clients", Align::kRight},
               {"revenue", Align::kRight},
               {"employees", Align::kRight},
               {"own revenue", Align::kRight},
               {"products", Align::kRight},
               {"departments", Align::kRight},
               {"order days", Align::kRight},
               {"minutes", Align::kRight}});
  const auto add = [&](const char* who, const q::ProfileOfClients& of) {
    table.Add({who, Thousands(of.clients()), number(of.has_revenue(), of.revenue()),
               number(of.has_employees(), of.employees()), number(of.has_annual_revenue(), of.annual_revenue()),
               number(of.has_products(), of.products()), number(of.has_departments(), of.departments()),
               number(of.has_order_days(), of.order_days()), number(of.has_minutes(), of.minutes())});
  };
  add("the best", health.best());
  add("everybody", health.everybody());
  return "\n" + table.Render(terminal);
}

std::string Money(const q::Economics& economics) {
  std::string text =
      fmt::format("\nWinning a client costs {}, keeping one {} to {} a year", Text(economics.acquisition_cost()),
                  Text(economics.keep_cost_low()), Text(economics.keep_cost_high()));
  if (economics.has_times_low() && economics.has_times_high()) {
    text += fmt::format(": {} to {} times as much", Fixed(economics.times_low(), 1), Fixed(economics.times_high(), 1));
  }
  text += ".\n";
  if (economics.has_repeat_share()) {
    text += fmt::format("{} of the buyers came back: {} x {} = {} ahead for each of them.\n",
                        Percent(economics.repeat_share()), Text(economics.acquisition_cost()),
                        Percent(economics.repeat_share()), Text(economics.ahead()));
  }
  text += fmt::format(
      "{} of last year are lost or pay nothing now: replacing them costs {}, keeping them would have cost {} to {}.\n",
      Clients(economics.gone_clients()), Text(economics.replacing()), Text(economics.keeping_low()),
      Text(economics.keeping_high()));
  text += fmt::format("Keeping 5 % more of last year's revenue is {} at a margin of {}.\n",
                      Text(economics.five_points()), Percent(economics.margin(), 0));
  if (!economics.defaults().empty()) {
    text += fmt::format("Defaults, not this book's own (policy set --set name=value): {}.\n",
                        fmt::join(economics.defaults(), ", "));
  }
  return text;
}

}  // namespace

std::string HealthText(const q::GetHealthResponse& health, const Terminal& terminal) {
  std::string text = fmt::format("Book {}: {} paying, {} in the 365 days to {}.\n", health.book(),
                                 Clients(health.clients()), Text(health.revenue()), health.as_of());
  text += Losses(health, terminal) + Base(health) + Sizes(health, terminal) + Profiles(health, terminal);
  if (!health.big_names().empty()) {
    text += fmt::format("\nBig names in the bottom half: {}.\n", fmt::join(health.big_names(), ", "));
  }
  if (!health.draining().empty()) text += fmt::format("\nDraining: {}.\n", fmt::join(health.draining(), ", "));
  return text + Money(health.economics());
}

}  // namespace mainstay::cli
