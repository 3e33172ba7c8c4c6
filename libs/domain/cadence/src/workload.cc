#include "mainstay/cadence/workload.h"

#include <algorithm>
#include <utility>

namespace mainstay::cadence {

Workload MakeWorkload(std::vector<RepClients> reps, const CadenceTerms& terms, double call_minutes) {
  Workload workload;
  TierCounts all;
  std::sort(reps.begin(), reps.end(), [](const RepClients& a, const RepClients& b) { return a.rep < b.rep; });
  for (RepClients& rep : reps) {
    const TierCounts& mine = rep.clients;
    all = {all.a + mine.a, all.b + mine.b, all.c + mine.c};
    workload.reps.push_back(
        {std::move(rep.rep), CallsPerWeek(mine, terms) * call_minutes, rep.weekly_minutes, mine.all()});
  }
  workload.calls_per_week = CallsPerWeek(all, terms);
  workload.calls_per_week_52 = CallsPerWeekOfYear(all, terms);
  workload.hours_per_week = workload.calls_per_week * call_minutes / 60;
  workload.by_tier = {TierWorkload{Tier::kA, all.a, CallsPerWeek({all.a, 0, 0}, terms)},
                      TierWorkload{Tier::kB, all.b, CallsPerWeek({0, all.b, 0}, terms)},
                      TierWorkload{Tier::kC, all.c, CallsPerWeek({0, 0, all.c}, terms)}};
  return workload;
}

}  // namespace mainstay::cadence
