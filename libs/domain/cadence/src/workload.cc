#include "mainstay/cadence/workload.h"

#include <algorithm>
#include <utility>

namespace mainstay::cadence {

void TierCounts::Add(Tier tier) {
  if (tier == Tier::kA) ++a;
  if (tier == Tier::kB) ++b;
  if (tier == Tier::kC) ++c;
}

// One division each, so that whole numbers come out whole.
double CallsPerWeek(const TierCounts& counts) {
  return static_cast<double>(12 * counts.a + 3 * counts.b + counts.c) / 12;
}

double CallsPerWeek52(const TierCounts& counts) {
  return static_cast<double>(52 * counts.a + 12 * counts.b + 4 * counts.c) / 52;
}

Workload MakeWorkload(std::vector<RepClients> reps, std::int64_t call_minutes) {
  Workload workload;
  TierCounts all;
  std::sort(reps.begin(), reps.end(), [](const RepClients& a, const RepClients& b) { return a.rep < b.rep; });
  for (RepClients& rep : reps) {
    const TierCounts& mine = rep.clients;
    all = {all.a + mine.a, all.b + mine.b, all.c + mine.c};
    workload.reps.push_back({std::move(rep.rep), CallsPerWeek(mine) * static_cast<double>(call_minutes),
                             rep.weekly_minutes, mine.a + mine.b + mine.c});
  }
  workload.calls_per_week = CallsPerWeek(all);
  workload.calls_per_week_52 = CallsPerWeek52(all);
  workload.hours_per_week = workload.calls_per_week * static_cast<double>(call_minutes) / 60;
  workload.by_tier = {TierWorkload{Tier::kA, all.a, CallsPerWeek({all.a, 0, 0})},
                      TierWorkload{Tier::kB, all.b, CallsPerWeek({0, all.b, 0})},
                      TierWorkload{Tier::kC, all.c, CallsPerWeek({0, 0, all.c})}};
  return workload;
}

}  // namespace mainstay::cadence
