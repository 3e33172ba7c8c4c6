#include "mainstay/segmentation/persona.h"

#include <algorithm>
#include <cmath>

#include "mainstay/base/check.h"

namespace mainstay::segmentation {
namespace {

constexpr double kScale = 1e6;
constexpr std::int64_t kMillion = 1'000'000;
constexpr Effort kOffset = 100'000'000;  // ln of the smallest ratio of int64 values is above -100.
const Effort kLeastMad = std::llround(std::log(1.05) * kScale);

Effort Middle(Effort low, Effort high) { return low + (high - low) / 2; }

// The first index in [0, end] that `passed` does not hold for, or `end`; it holds for all before. Looks around `guess`
// in steps that double, so a good guess costs a few looks.
template <class Passed>
std::size_t FirstNotPassed(std::size_t guess, std::size_t end, const Passed& passed) {
  std::size_t low = 0;
  std::size_t high = end;
  guess = std::min(guess, end);
  if (guess < end && passed(guess)) {
    low = guess + 1;
    for (std::size_t step = 1; low + step <= high; step *= 2) {
      if (!passed(low + step - 1)) {
        high = low + step - 1;
        break;
      }
      low += step;
    }
  } else {
    high = guess;
    for (std::size_t step = 1; low < high; step *= 2) {
      const std::size_t at = high > step ? high - step : 0;
      if (passed(at)) {
        low = at + 1;
        break;
      }
      high = at;
    }
  }
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    passed(middle) ? low = middle + 1 : high = middle;
  }
  return low;
}

// The `k`-th smallest distance (0-based) from `centre` among a list that ascends: At(i) gives its i-th value.
// The nearest k + 1 values lie together, so this searches for where they begin: near `begin`, which becomes the answer.
template <class At>
Effort KthDistance(std::size_t n, std::size_t k, Effort centre, std::size_t& begin, const At& at) {
  // Moving the stretch one to the right helps while the value it gains is nearer than the one it loses.
  begin = FirstNotPassed(begin, n - (k + 1), [&](std::size_t i) { return centre - at(i) > at(i + k + 1) - centre; });
  return std::max(std::abs(centre - at(begin)), std::abs(at(begin + k) - centre));
}

template <class At>
std::optional<EffortLines> Lines(std::size_t n, std::size_t& nearest, const At& at) {
  if (n == 0) return std::nullopt;
  EffortLines lines;
  lines.median = Middle(at((n - 1) / 2), at(n / 2));
  const Effort one = KthDistance(n, (n - 1) / 2, lines.median, nearest, at);
  lines.mad = n % 2 == 1 ? one : Middle(one, KthDistance(n, n / 2, lines.median, nearest, at));
  return lines;
}

// Of two amounts: -1, 0, 1 as revenue is less than, exactly or more than `factor` times the year before. The factor is
// taken as people write it, to six decimals: 1.1 is no binary number, and 144.32 is exactly 1.1 times 131.20.
int CompareGrowth(const PersonaFacts& facts, double factor) {
  const __int128 now = __int128{facts.revenue.units()} * kMillion;
  const __int128 then = __int128{facts.previous.units()} * std::llround(factor * kMillion);
  return now < then ? -1 : now > then ? 1 : 0;
}

double Growth(const PersonaFacts& facts) {
  return facts.previous > Money{}
             ? static_cast<double>(facts.revenue.units()) / static_cast<double>(facts.previous.units())
             : 0;
}

double Number(std::int64_t count) { return static_cast<double>(count); }

bool IsDraining(const PersonaFacts& facts, Effort effort, const EffortLines& lines, const PolicyValues& policy,
                std::vector<Evidence>& evidence) {
  const double mad = static_cast<double>(lines.mad == 0 ? kLeastMad : lines.mad);
  const double line = static_cast<double>(lines.median) + policy.draining_mads * mad;
  if (static_cast<double>(effort) <= line || Number(facts.frictions) < policy.draining_frictions) return false;
  evidence.push_back({"effort_per_revenue_over_median", EffortRatio(effort, lines.median),
                      std::exp((line - static_cast<double>(lines.median)) / kScale)});
  evidence.push_back({"friction_events_180d", Number(facts.frictions), policy.draining_frictions});
  return true;
}

bool IsStagnant(const PersonaFacts& facts, const PolicyValues& policy, std::vector<Evidence>& evidence) {
  const bool grows = facts.previous > Money{} && CompareGrowth(facts, policy.stagnant_growth) > 0;
  if (Number(facts.order_days) < policy.stagnant_order_days || facts.beyond_first > 0 || grows) return false;
  evidence.push_back({"order_days", Number(facts.order_days), policy.stagnant_order_days});
  evidence.push_back({"new_lines_since_first_order", 0, 0});
  if (facts.previous > Money{}) evidence.push_back({"revenue_over_year_before", Growth(facts), policy.stagnant_growth});
  return true;
}

// The rules of a best client that hold.
std::vector<Evidence> BestRules(const PersonaFacts& facts, Effort effort, const EffortLines& lines,
                                const PolicyValues& policy) {
  std::vector<Evidence> held;
  const bool grew = facts.previous > Money{} && CompareGrowth(facts, policy.best_growth) >= 0;
  if (grew) held.push_back({"revenue_over_year_before", Growth(facts), policy.best_growth});
  const std::int64_t breadth = std::max(facts.products, facts.departments);
  if (Number(breadth) >= policy.best_breadth) {
    held.push_back({"products_or_departments", Number(breadth), policy.best_breadth});
  }
  if (facts.referral) held.push_back({"referral_365d", 1, 1});
  if (effort <= lines.median) held.push_back({"effort_per_revenue_over_median", EffortRatio(effort, lines.median), 1});
  if (Number(facts.order_days) >= policy.best_order_days) {
    held.push_back({"order_days", Number(facts.order_days), policy.best_order_days});
  }
  return held;
}

Money Scaled(Money money, double factor) { return ScaleHalfUp(money, factor); }

}  // namespace

Effort EffortOf(std::int64_t minutes, Money revenue) {
  MAINSTAY_CHECK(revenue > Money{} && minutes >= 0, "effort per revenue needs revenue");
  const double ratio = std::log(static_cast<double>(minutes) + 1) - std::log(static_cast<double>(revenue.units()));
  return kOffset + std::llround(ratio * kScale);
}

double EffortRatio(Effort a, Effort b) { return std::exp(static_cast<double>(a - b) / kScale); }

std::optional<EffortLines> LinesOfEfforts(const RankTree& efforts, std::size_t& nearest) {
  const std::size_t n = efforts.size();
  // The tree is in descending order.
  return Lines(n, nearest, [&](std::size_t i) { return efforts.At(n - 1 - i).revenue.units(); });
}

std::optional<EffortLines> LinesOfEfforts(std::vector<Effort> efforts) {
  std::sort(efforts.begin(), efforts.end());
  std::size_t nearest = efforts.size() / 4;
  return Lines(efforts.size(), nearest, [&](std::size_t i) { return efforts[i]; });
}

PersonaDecision DecidePersona(const PersonaFacts& facts, std::size_t paying_clients,
                              const std::optional<EffortLines>& lines, const PolicyValues& policy) {
  PersonaDecision decision;
  const bool enough = static_cast<double>(paying_clients) >= policy.persona_min_clients;
  if (facts.revenue <= Money{} || !enough || !lines) return decision;
  const Effort effort = EffortOf(facts.minutes, facts.revenue);
  if (IsDraining(facts, effort, *lines, policy, decision.evidence)) {
    decision.persona = Persona::kDraining;
    return decision;
  }
  if (IsStagnant(facts, policy, decision.evidence)) {
    decision.persona = Persona::kStagnant;
    return decision;
  }
  decision.evidence = BestRules(facts, effort, *lines, policy);
  const bool best = static_cast<double>(decision.evidence.size()) >= policy.best_rules;
  decision.persona = best ? Persona::kBest : Persona::kUnclassified;
  return decision;
}

Recommendation Recommend(const PersonaFacts& facts, const EffortLines& lines, const PolicyValues& policy) {
  Recommendation advice;
  advice.revenue = facts.revenue;
  advice.gross = Scaled(facts.revenue, policy.margin);
  const double cost = Number(facts.minutes) * policy.cost_per_minute * static_cast<double>(Money::kUnitsPerWhole);
  advice.effort_cost = Scaled(Money::FromUnits(1), cost);
  advice.contribution = advice.gross - advice.effort_cost;
  // At the median, these minutes would carry effort-ratio times this revenue.
  const double ratio = EffortRatio(EffortOf(facts.minutes, facts.revenue), lines.median);
  advice.elsewhere = Scaled(advice.gross, ratio) - advice.effort_cost;
  const Money wanted = std::max(Money{}, advice.elsewhere);
  const Money missing = wanted - advice.contribution;
  advice.action = "keep";
  if (missing > Money{}) {
    // A higher price is all margin.
    advice.rise = static_cast<double>(missing.units()) / static_cast<double>(facts.revenue.units());
    advice.action = *advice.rise <= policy.reprice_limit ? "reprice" : "exit";
  }
  return advice;
}

std::string ArithmeticOf(const Recommendation& advice, const PersonaFacts& facts, const PolicyValues& policy,
                         const Currency& currency) {
  // To hundredths: nobody argues about less, and the amounts themselves stay exact.
  const auto money = [&](Money amount) { return FormatMoney(Scaled(Scaled(amount, .01), 100), currency); };
  std::string text = money(advice.revenue) + " revenue leaves " + money(advice.gross) + " of margin; " +
                     std::to_string(facts.minutes) + " minutes cost " + money(advice.effort_cost) + "; contribution " +
                     money(advice.contribution) + ". The same minutes bring " + money(advice.elsewhere) +
                     " at the book's median effort.";
  if (!advice.rise) return text;
  return text + " A price rise of " + std::to_string(std::lround(*advice.rise * 100)) +
         " % makes up for it; the limit is " + std::to_string(std::lround(policy.reprice_limit * 100)) + " %.";
}

}  // namespace mainstay::segmentation
