#include "mainstay/vocabulary/cadence_terms.h"

#include "mainstay/base/check.h"

namespace mainstay {
namespace {

// A month is `weeks / months` weeks. One division, so that whole numbers come out whole.
double Calls(const TierCounts& counts, const CadenceTerms& terms, std::int64_t weeks, std::int64_t months) {
  const std::int64_t a = terms.interval_a_days;
  const std::int64_t b = terms.interval_b_months * weeks;
  const std::int64_t c = terms.interval_c_months * weeks;
  const std::int64_t calls = counts.a * 7 * b * c + months * (counts.b * a * c + counts.c * a * b);
  return static_cast<double>(calls) / static_cast<double>(a * b * c);
}

}  // namespace

int CadenceTerms::IntervalOf(Tier tier) const {
  MAINSTAY_CHECK(tier != Tier::kNone, "a client without a cadence has no interval");
  if (tier == Tier::kA) return interval_a_days;
  return tier == Tier::kB ? interval_b_months : interval_c_months;
}

std::chrono::days CadenceTerms::GraceOf(Tier tier) const {
  MAINSTAY_CHECK(tier != Tier::kNone, "a client without a cadence has no grace");
  if (tier == Tier::kA) return std::chrono::days{grace_a_days};
  return std::chrono::days{tier == Tier::kB ? grace_b_days : grace_c_days};
}

int CadenceTerms::AllowedDays(Tier tier) const {
  if (tier == Tier::kNone) return 0;
  return tier == Tier::kA ? interval_a_days : 365 * IntervalOf(tier) / 12;
}

CadenceTerms TermsOf(const PolicyValues& values) {
  const auto whole = [](double value) { return static_cast<int>(value); };
  return {whole(values.interval_a_days), whole(values.interval_b_months), whole(values.interval_c_months),
          whole(values.grace_a_days),    whole(values.grace_b_days),      whole(values.grace_c_days)};
}

void TierCounts::Add(Tier tier, std::int64_t clients) {
  if (tier == Tier::kA) a += clients;
  if (tier == Tier::kB) b += clients;
  if (tier == Tier::kC) c += clients;
}

double CallsPerWeek(const TierCounts& counts, const CadenceTerms& terms) { return Calls(counts, terms, 4, 1); }

double CallsPerWeekOfYear(const TierCounts& counts, const CadenceTerms& terms) { return Calls(counts, terms, 52, 12); }

}  // namespace mainstay
