#include "potential_answer.h"

#include <cmath>
#include <set>

#include "mainstay/state/v1/segmentation.pb.h"
#include "mainstay/stream/key_builder.h"

namespace mainstay::segmentation {
namespace {

namespace q = query::v1;
using door::SetMoney;
using stream::JoinKey;

double MeanOrder(const BookTotals& totals) {
  return totals.order_days > 0 ? static_cast<double>(totals.bought) / static_cast<double>(totals.order_days) : 0;
}

// What is assessed a year for cells that the client does not buy. One that names neither department nor location is
// bought when the product is.
Result<Money> OpenAssessed(const Book& book, const ClientId& client) {
  MAINSTAY_TRY_ASSIGN(assessed, AssessedOf(book, client));
  const std::string prefix = JoinKey({book.view.book.raw(), client.raw()}) + '\0';
  Money yearly;
  for (const auto& [cell, amount] : assessed) {
    const bool whole = cell.department.empty() && cell.location.empty();
    const std::string thing = whole ? JoinKey({kProductKind, cell.product})
                                    : JoinKey({kCellKind, cell.product, cell.department, cell.location});
    MAINSTAY_TRY_ASSIGN(held, book.view.snapshot->Get(kHoldings, prefix + thing));
    if (held) continue;
    if (const auto sum = CheckedAdd(yearly, amount)) yearly = *sum;
  }
  return yearly;
}

}  // namespace

Cell CellOf(const std::string& suffix) {
  const auto parts = stream::SplitKey(suffix);
  return {std::string(parts.at(0)), std::string(parts.at(1)), std::string(parts.at(2))};
}

Result<std::map<Cell, Money>> AssessedOf(const Book& book, const ClientId& client) {
  const std::string prefix = JoinKey({book.view.book.raw(), client.raw()}) + '\0';
  MAINSTAY_TRY_ASSIGN(entries, EntriesBelow(*book.view.snapshot, kPotential, prefix));
  std::map<Cell, Money> assessed;
  for (const auto& [rest, bytes] : entries) {
    state::v1::SegmentationPotential proto;
    if (!proto.ParseFromString(bytes)) return Fail(ErrorCode::kDataLoss, "a stored potential is damaged");
    assessed[CellOf(rest)] = Money::FromUnits(proto.yearly_units());
  }
  return assessed;
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

Result<PotentialSums> PotentialOf(const Book& book, const KnownClient& client, const VersionedExpectation& model,
                                  const PolicyValues& policy) {
  const ClientRecord& record = client.record;
  PotentialSums sums;
  if (record.first_day && record.last_day) {
    const auto weeks = [&](Day day) { return static_cast<double>((day - *record.first_day).count()) / 7; };
    const BoughtFacts facts{record.order_days, weeks(*record.last_day), weeks(DayOf(book.view.at)), record.net};
    sums.bought = ExpectedOfBought(facts, model.expected, policy);
  }
  if (!record.potential_at) return sums;
  MAINSTAY_TRY_ASSIGN(yearly, OpenAssessed(book, client.id));
  sums.whitespace = ExpectedOfYearly(yearly, policy);
  return sums;
}

Result<void> FillPotential(const Book& book, const KnownClient& client, const VersionedExpectation& model,
                           const PolicyValues& policy, q::Potential& out) {
  out.set_model_version(model.version);
  out.set_horizon_years(static_cast<std::int64_t>(policy.horizon_years));
  out.set_discount(policy.discount);
  MAINSTAY_TRY_ASSIGN(sums, PotentialOf(book, client, model, policy));
  if (sums.bought) SetMoney(*sums.bought, book.currency(), *out.mutable_bought());
  if (sums.whitespace) SetMoney(*sums.whitespace, book.currency(), *out.mutable_whitespace());
  if (const auto total = sums.total()) SetMoney(*total, book.currency(), *out.mutable_total());
  return {};
}

}  // namespace mainstay::segmentation
