#include "mainstay/cadence/capacity.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "mainstay/base/check.h"

namespace mainstay::cadence {
namespace {

constexpr std::array<Tier, 3> kTiers = {Tier::kA, Tier::kB, Tier::kC};
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max() / 4;

using Counts = std::array<std::int64_t, 3>;

// What a client of a tier takes, in calls of a C client; each is a multiple of the next, and the last is 1.
struct Units {
  Counts of{};
  Counts calls{};          // A week, of a client of a tier, unrounded: so many ...
  std::int64_t parts = 1;  // ... parts of a call.
};

Units UnitsUnder(const CadenceTerms& terms) {
  const std::int64_t days = terms.interval_a_days;
  const std::int64_t b_weeks = 4 * terms.interval_b_months;
  const std::int64_t c_weeks = 4 * terms.interval_c_months;
  const auto multiple = [](std::int64_t value, std::int64_t of) { return (value + of - 1) / of * of; };
  const Counts calls = {7 * b_weeks * c_weeks, days * c_weeks, days * b_weeks};
  const std::int64_t b = multiple(calls[1], calls[2]);
  const std::int64_t a = multiple(calls[0], b);
  return {{a / calls[2], b / calls[2], 1}, calls, days * b_weeks * c_weeks};
}

struct Load {
  Counts units{};
  std::int64_t capacity = 0;  // In units of C.
  Counts has{};
  Counts keeps{};
  [[nodiscard]] std::int64_t used(const Counts& counts) const {
    return units[0] * counts[0] + units[1] * counts[1] + counts[2];
  }
  [[nodiscard]] std::int64_t free() const { return capacity - used(keeps); }
};

// One way to keep clients at a rep: how many of a kind, and the room it leaves for B (A counting as several) and A.
struct Option {
  Counts keeps{};
  std::int64_t room_b = 0;
  std::int64_t room_a = 0;
  [[nodiscard]] std::int64_t kept() const { return keeps[0] + keeps[1] + keeps[2]; }
};

Option Keep(const Load& load, std::int64_t b, std::int64_t c) {
  const auto& [unit_a, unit_b, unit_c] = load.units;
  const std::int64_t left = load.capacity - unit_b * b - unit_c * c;
  return {{std::min(load.has[0], left / unit_a), b, c}, (load.capacity - c) / unit_b, left / unit_a};
}

// Keeps as many as possible, so the small ones first; leaves the least room of all options.
Option KeepMost(const Load& load) {
  const std::int64_t c = std::min(load.has[2], load.capacity);
  return Keep(load, std::min(load.has[1], (load.capacity - c) / load.units[1]), c);
}

// What each gain in room, up to the need, costs in clients kept.
using Gain = std::pair<std::int64_t, std::int64_t>;
std::map<Gain, Option> Gains(const Load& load, const Option& most, const Gain& need) {
  std::map<Gain, Option> gains;
  for (std::int64_t c = std::min(load.has[2], load.capacity); c >= 0; --c) {
    for (std::int64_t b = std::min(load.has[1], (load.capacity - c) / load.units[1]); b >= 0; --b) {
      const Option option = Keep(load, b, c);
      const Gain gain{std::min(option.room_b - most.room_b, need.first),
                      std::min(option.room_a - most.room_a, need.second)};
      const auto [known, added] = gains.try_emplace(gain, option);
      if (!added && option.kept() > known->second.kept()) known->second = option;
    }
  }
  return gains;
}

// Chooses one option per rep so that the rooms add up to the need and the most clients stay. False: impossible.
bool Choose(std::vector<Load>& loads, const std::vector<Option>& most, const Gain& need) {
  const std::int64_t width = need.second + 1;
  const auto cell = [&](std::int64_t b, std::int64_t a) { return static_cast<std::size_t>(b * width + a); };
  const std::size_t cells = cell(need.first, need.second) + 1;
  std::vector<std::int64_t> best(cells, kNever);  // Clients given up to have gained this much so far.
  best[0] = 0;
  std::vector<std::vector<std::pair<std::size_t, Counts>>> from;
  for (std::size_t i = 0; i < loads.size(); ++i) {
    std::vector<std::int64_t> next(cells, kNever);
    auto& came = from.emplace_back(cells);
    const auto gains = Gains(loads[i], most[i], need);
    for (std::int64_t b = 0; b <= need.first; ++b) {
      for (std::int64_t a = 0; a <= need.second; ++a) {
        const std::int64_t so_far = best[cell(b, a)];
        if (so_far == kNever) continue;
        for (const auto& [gain, option] : gains) {
          const std::size_t to = cell(std::min(b + gain.first, need.first), std::min(a + gain.second, need.second));
          const std::int64_t cost = so_far + most[i].kept() - option.kept();
          if (cost >= next[to]) continue;
          next[to] = cost;
          came[to] = {cell(b, a), option.keeps};
        }
      }
    }
    best = std::move(next);
  }
  std::size_t at = cells - 1;
  if (best[at] == kNever) return false;
  for (std::size_t i = loads.size(); i-- > 0;) {
    loads[i].keeps = from[i][at].second;
    at = from[i][at].first;
  }
  return true;
}

// Sets what each rep keeps. False: there is no way.
bool Solve(std::vector<Load>& loads, const Units& units) {
  Counts total{};
  Gain room{0, 0};
  Gain most_room{0, 0};
  std::vector<Option> most;
  for (Load& load : loads) {
    for (std::size_t t = 0; t < 3; ++t) total[t] += load.has[t];
    most.push_back(KeepMost(load));
    load.keeps = most.back().keeps;
    room.first += most.back().room_b;
    room.second += most.back().room_a;
    most_room.first += load.capacity / units.of[1];
    most_room.second += load.capacity / units.of[0];
  }
  const Gain wanted{total[1] + units.of[0] / units.of[1] * total[0], total[0]};
  if (most_room.first < wanted.first || most_room.second < wanted.second) return false;
  const Gain need{std::max<std::int64_t>(0, wanted.first - room.first),
                  std::max<std::int64_t>(0, wanted.second - room.second)};
  return (need.first == 0 && need.second == 0) || Choose(loads, most, need);
}

// Large ones first, each to whoever has most room: whatever is left fits the smaller ones.
void Place(const std::vector<RepBook>& reps, std::vector<Load>& loads, std::vector<ClientMove>& moves) {
  for (std::size_t tier = 0; tier < 3; ++tier) {
    for (std::size_t from = 0; from < reps.size(); ++from) {
      const auto leave = static_cast<std::size_t>(loads[from].has[tier] - loads[from].keeps[tier]);
      for (std::size_t i = 0; i < leave; ++i) {
        const auto to = std::max_element(loads.begin(), loads.end(),
                                         [](const Load& a, const Load& b) { return a.free() < b.free(); });
        MAINSTAY_CHECK(to->free() >= to->units[tier], "what is moved finds a place");
        to->capacity -= to->units[tier];
        moves.push_back({reps[from].clients[tier][i], kTiers[tier], reps[from].rep,
                         reps[static_cast<std::size_t>(to - loads.begin())].rep});
      }
    }
  }
}

}  // namespace

CapacityPlan PlanCapacity(std::vector<RepBook> reps, const CadenceTerms& terms, double call_minutes) {
  MAINSTAY_CHECK(call_minutes > 0, "a call takes time");
  std::sort(reps.begin(), reps.end(), [](const RepBook& a, const RepBook& b) { return a.rep < b.rep; });
  const Units units = UnitsUnder(terms);
  CapacityPlan plan;
  std::vector<Load> loads;
  double asked = 0;  // Minutes.
  double offered = 0;
  for (const RepBook& rep : reps) {
    Load& load = loads.emplace_back();
    load.units = units.of;
    for (std::size_t t = 0; t < 3; ++t) load.has[t] = static_cast<std::int64_t>(rep.clients[t].size());
    // In parts of a call, so that whole minutes are compared exactly.
    const auto parts = static_cast<double>(units.parts);
    const auto calls =
        static_cast<double>(units.calls[0] * load.has[0] + units.calls[1] * load.has[1] + units.calls[2] * load.has[2]);
    const auto weekly = static_cast<double>(rep.weekly_minutes);
    load.capacity = static_cast<std::int64_t>(weekly * parts / (static_cast<double>(units.calls[2]) * call_minutes));
    asked += calls * call_minutes / parts;
    offered += weekly;
    if (calls * call_minutes > weekly * parts) {
      plan.over.push_back(rep.rep);
    } else if (load.used(load.has) > load.capacity) {
      load = {units.of, 0, {}, {}};  // It fits, but not in rounded units.
    }
  }
  if (plan.over.empty()) return plan;
  plan.missing_minutes = std::max(0.0, asked - offered);
  std::int64_t capacity = 0;
  std::int64_t used = 0;
  for (const Load& load : loads) {
    capacity += load.capacity;
    used += load.used(load.has);
  }
  plan.possible = capacity >= used && Solve(loads, units);
  if (plan.possible) Place(reps, loads, plan.moves);
  return plan;
}

}  // namespace mainstay::cadence
