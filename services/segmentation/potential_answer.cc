#include "potential_answer.h"

#include <algorithm>
#include <cmath>

#include "mainstay/stream/key_builder.h"
#include "next_best.h"

namespace mainstay::segmentation {
namespace {

namespace q = query::v1;
using door::SetMoney;
using stream::JoinKey;

double MeanOrder(const BookTotals& totals) {
  return totals.order_days > 0 ? static_cast<double>(totals.bought) / static_cast<double>(totals.order_days) : 0;
}

}  // namespace

bool ClientCells::Holds(const Cell& cell) const {
  if (cell.department.empty() && cell.location.empty()) return products.contains(cell.product);
  return held.contains(cell);
}

Money ClientCells::OpenYearly() const {
  Money yearly;
  for (const auto& [cell, amount] : assessed) {
    const auto sum = Holds(cell) ? std::optional(yearly) : CheckedAdd(yearly, amount);
    if (sum) yearly = *sum;
  }
  return yearly;
}

Result<ClientCells> ReadClientCells(const Book& book, const ClientId& client) {
  ClientCells cells;
  const std::string prefix = JoinKey({book.view.book.raw(), client.raw()}) + '\0';
  MAINSTAY_TRY_ASSIGN(things, EntriesBelow(*book.view.snapshot, kHoldings, prefix));
  for (const auto& [rest, bytes] : things) {
    const std::string kind = rest.substr(0, 1);
    const std::string suffix = rest.substr(2);
    if (kind == kProductKind) cells.products.insert(suffix);
    if (kind == kDepartmentKind) cells.departments.insert(suffix);
    if (kind == kLocationKind) cells.locations.insert(suffix);
    if (kind == kCellKind) cells.held.insert(CellOf(suffix));
  }
  MAINSTAY_TRY_ASSIGN(assessed, EntriesBelow(*book.view.snapshot, kPotential, prefix));
  for (const auto& [rest, bytes] : assessed) {
    MAINSTAY_TRY_ASSIGN(yearly, DecodeAssessed(bytes, book.record.currency));
    if (yearly) cells.assessed[CellOf(rest)] = *yearly;
  }
  return cells;
}

Result<VersionedExpectation> ExpectationOf(const Book& book, const q::OrderParameters* said) {
  VersionedExpectation made{.expected = DefaultExpectation(MeanOrder(book.totals))};
  if (said == nullptr) return made;
  const auto positive = [](double value) { return std::isfinite(value) && value > 0; };
  if (said->k() < 1 || said->k() > 32) return InvalidField("orders.k", "it must be from 1 to 32");
  if (!positive(said->r()) || !positive(said->alpha()) || !positive(said->a()) || !positive(said->b())) {
    return InvalidField("orders", "r, alpha, a and b must be positive numbers");
  }
  made.version = said->version();
  made.expected.orders = {
      .r = said->r(), .alpha = said->alpha(), .a = said->a(), .b = said->b(), .k = said->k(), .m = 1};
  if (!said->has_values()) return made;
  const q::OrderValues& values = said->values();
  if (!positive(values.p()) || !positive(values.q() - 1) || !positive(values.gamma())) {
    return InvalidField("orders.values", "p and gamma must be positive numbers, q above 1");
  }
  made.expected.values = {values.p(), values.q(), values.gamma() * Money::kUnitsPerWhole};
  return made;
}

std::optional<Money> PotentialSums::total() const {
  if (!whitespace) return bought;
  return CheckedAdd(bought.value_or(Money{}), *whitespace);
}

PotentialSums PotentialOf(const ClientRecord& client, Money open_yearly, Instant at, const OrderExpectation& expected,
                          const PolicyValues& policy) {
  PotentialSums sums;
  if (client.first_day && client.last_day) {
    const auto weeks = [&](Day day) { return static_cast<double>((day - *client.first_day).count()) / 7; };
    const Money mean = Money::FromUnits(client.net.units() / std::max<std::int64_t>(client.order_days, 1));
    const BoughtFacts facts{client.order_days, weeks(*client.last_day), weeks(DayOf(at)), client.net,
                            client.first_day_net.value_or(mean)};
    sums.bought = ExpectedOfBought(facts, expected, policy);
  }
  if (client.potential_at) {
    PolicyValues assessed = policy;
    if (client.potential_years) assessed.horizon_years = *client.potential_years;
    sums.whitespace = ExpectedOfYearly(open_yearly, assessed);
  }
  return sums;
}

void FillPotential(const Book& book, const ClientRecord& client, const ClientCells& cells,
                   const VersionedExpectation& model, q::Potential& out) {
  const PolicyValues& policy = book.record.values;
  out.set_model_version(model.version);
  out.set_horizon_years(static_cast<std::int64_t>(policy.horizon_years));
  out.set_discount(policy.discount);
  const PotentialSums sums = PotentialOf(client, cells.OpenYearly(), book.view.at, model.expected, policy);
  if (sums.bought) SetMoney(*sums.bought, book.currency(), *out.mutable_bought());
  if (sums.whitespace) SetMoney(*sums.whitespace, book.currency(), *out.mutable_whitespace());
  if (const auto total = sums.total()) SetMoney(*total, book.currency(), *out.mutable_total());
}

}  // namespace mainstay::segmentation
