// Seeded walks through everything that can happen to one client, with an audit after each step.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mainstay/base/random.h"
#include "mainstay/cadence/interval.h"
#include "mainstay/cadence/plan.h"
#include "mainstay/testing/seed.h"
#include "mainstay/zoneinfo/zoneinfo.h"
#include "test_client.h"

namespace mainstay::cadence {
namespace {

using std::chrono::hours;

// Each breaks one promise by damaging the state the promise rests on; the audit must notice.
enum class Mutant { kNone, kForgetsEpisode, kFollowsLateTouches, kForgetsRetractions, kReusesCauses };

// Every episode: due once, then overdue at most once, then cleared once; no id twice.
class EpisodeAudit {
 public:
  // "" or what is wrong.
  std::string Add(const CadenceFact& fact) {
    const std::string id = PlanOf(fact).episode.raw();
    if (fact.index() == 0 && open_.has_value()) return "fell due while an episode was open";
    if (fact.index() == 0 && !ids_.insert(id).second) return "an episode id was used twice";
    if (fact.index() != 0 && open_ != id) return "a fact outside its episode";
    if (fact.index() == 1 && overdue_) return "overdue twice";
    overdue_ = fact.index() == 1;
    open_ = fact.index() == 2 ? std::nullopt : std::optional(id);
    return "";
  }

 private:
  std::set<std::string> ids_;
  std::optional<std::string> open_;
  bool overdue_ = false;
};

struct Probes {
  int due = 0, overdue = 0, cleared = 0, cleared_late = 0, redelivered_after_retraction = 0, reopened = 0, promoted = 0,
      late_ignored = 0, lapsed_open = 0, spread = 0;
};

class Walk {
 public:
  Walk(std::uint64_t seed, Mutant mutant)
      : random_(seed),
        mutant_(mutant),
        client_("2026-01-05T09:00:00Z", zoneinfo::LoadZone("Europe/London").value()),
        untimed_(client_) {
    Both([](TestClient& client) { client.Register("2026-01-05T09:00:00Z"); });
  }

  // The first violation, or "".
  std::string Run(int steps) {
    for (int step = 0; step < steps && violation_.empty(); ++step) Step();
    return violation_;
  }
  [[nodiscard]] const Probes& probes() const { return probes_; }

 private:
  template <class Input>
  void Both(Input input) {
    input(client_);
    // The twin never gets a timer: it must say and know the same, only later.
    input(untimed_);
    Check(client_.plan == untimed_.plan && client_.facts == untimed_.facts,
          "a missing timer lost or changed something");
  }
  void Check(bool holds, const char* what) {
    if (!holds && violation_.empty()) violation_ = what;
  }

  void Step() {
    const Instant now = client_.clock + hours{static_cast<int>(Below(random_, 24 * 8))};
    client_.AdvanceTo(now);
    untimed_.clock = now;
    switch (Below(random_, 8)) {
      case 0:
      case 1:
      case 2: Touch(now); break;
      case 3: Retract(); break;
      case 4:
      case 5: Segment(); break;
      case 6: Lose(); break;
      default: Both([](TestClient& client) { client.Take(OnTimer(client.plan, client.Now())); }); break;
    }
    Audit();
    Redeliver();
  }

  void Touch(Instant now) {
    const Instant at = now - hours{static_cast<int>(Below(random_, 24 * 12))};
    const TouchInput touch{Event("t" + std::to_string(++touches_)), at};
    const std::optional<Day> due = client_.plan.due;
    const bool older = client_.plan.base && at <= client_.plan.base->at;
    Both([&](TestClient& client) {
      if (mutant_ == Mutant::kFollowsLateTouches && client.plan.base) {
        client.plan.base->at = Instant{};
        client.plan.not_before.reset();
      }
      client.Take(OnTouch(client.plan, client.Now(), touch));
    });
    if (due && client_.plan.due) Check(*client_.plan.due >= *due, "a touch moved the due day back");
    probes_.late_ignored += older ? 1 : 0;
    seen_.push_back(touch);
  }

  void Retract() {
    if (seen_.empty()) return;
    const std::size_t newest = std::min<std::size_t>(seen_.size(), 4);
    const EventRef touch = seen_[seen_.size() - 1 - Below(random_, newest)].event;
    const std::size_t said = client_.facts.size();
    const EventRef retraction = Event("no" + std::to_string(++retractions_));
    Both([&](TestClient& client) {
      if (mutant_ == Mutant::kReusesCauses) {
        KeptTouches& touches = client.plan.touches;
        for (std::size_t i = 0; i < touches.size(); ++i) touches.SetCausedEpisode(i, false);
      }
      client.Take(OnTouchRetracted(client.plan, client.Now(), touch, retraction));
    });
    retracted_.push_back(touch);
    if (client_.facts.size() > said && client_.facts[said].index() == 0) ++probes_.reopened;
  }

  void Segment() {
    const Tier tier = static_cast<Tier>(Below(random_, 8) == 0 ? 0 : 1 + Below(random_, 3));
    probes_.promoted += client_.plan.tier != Tier::kNone && tier != Tier::kNone && tier < client_.plan.tier ? 1 : 0;
    const bool open = client_.plan.episode.has_value();
    const std::optional<Day> due = client_.plan.due;
    Both([&](TestClient& client) {
      if (mutant_ == Mutant::kForgetsEpisode) client.plan.episode.reset();
      client.Segment(tier);
    });
    probes_.lapsed_open += open && client_.plan.tier == Tier::kNone ? 1 : 0;
    probes_.spread += !due && client_.plan.not_before ? 1 : 0;
    if (open && client_.plan.due) Check(client_.plan.due == due, "a tier change moved a due day that had come");
  }

  void Lose() {
    const bool lost = client_.plan.lost;
    if (!lost && Below(random_, 3) != 0) return;
    const EventRef back = Event("back" + std::to_string(++returns_));
    Both([&](TestClient& client) {
      client.Take(lost ? OnReturned(client.plan, client.Now(), back) : OnLost(client.plan, client.Now()));
    });
  }

  // A touch still remembered, or taken back, changes nothing and says nothing.
  void Redeliver() {
    if (seen_.empty()) return;
    const TouchInput touch = seen_[seen_.size() - 1 - Below(random_, std::min<std::size_t>(seen_.size(), 6))];
    ClientPlan plan = client_.plan;
    if (mutant_ == Mutant::kForgetsRetractions) plan.retractions.clear();
    const ClientPlan before = plan;
    const Decision again = OnTouch(plan, client_.Now(), touch);
    Check(again.next == before && again.facts.empty(), "a redelivered touch changed something");
    const bool taken_back = std::find(retracted_.begin(), retracted_.end(), touch.event) != retracted_.end();
    probes_.redelivered_after_retraction += taken_back ? 1 : 0;
  }

  void Audit() {
    for (std::size_t i = audited_; i < client_.facts.size(); ++i) {
      const std::string wrong = audit_.Add(client_.facts[i]);
      Check(wrong.empty(), wrong.c_str());
      const auto* cleared = std::get_if<TouchCleared>(&client_.facts[i]);
      probes_.due += client_.facts[i].index() == 0 ? 1 : 0;
      probes_.overdue += client_.facts[i].index() == 1 ? 1 : 0;
      probes_.cleared += cleared != nullptr ? 1 : 0;
      probes_.cleared_late += cleared != nullptr && cleared->late ? 1 : 0;
    }
    audited_ = client_.facts.size();
    Check(!client_.timer || *client_.timer > client_.clock, "a timer in the past");
    const ClientPlan& plan = client_.plan;
    Check(plan.due.has_value() == plan.base.has_value() && plan.due.has_value() == (plan.tier != Tier::kNone),
          "a cadence has a schedule and nobody else");
    Check(!plan.episode || plan.due, "an episode without a schedule");
    Check(plan.touches.size() <= kKeptTouches && plan.retractions.size() <= kKeptRetractions, "state without bound");
    if (!plan.due || plan.episode) return;
    const Day counted = DueDay(client_.zone.LocalDay(plan.base->at), plan.tier, client_.terms, client_.calendar);
    Check(*plan.due == std::max(counted, plan.not_before.value_or(counted)), "a due day that nothing explains");
    Check(client_.calendar.IsWorkingDay(*plan.due), "due on a day off");
  }

  Random random_;
  Mutant mutant_;
  TestClient client_;
  TestClient untimed_;
  EpisodeAudit audit_;
  Probes probes_;
  std::string violation_;
  std::vector<TouchInput> seen_;
  std::vector<EventRef> retracted_;
  std::size_t audited_ = 0;
  int touches_ = 0;
  int retractions_ = 0;
  int returns_ = 0;
};

// Goal: the promises of plan.h hold at every moment of any history.
// Method: 40 seeded walks of 400 steps each with a forward-only clock, an audit after every step, and a twin that
// never gets a timer. The probes prove that the walks reached what the promises are about.
TEST(PlanWalk, EveryPromiseHoldsAtEveryStep) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Probes sum;
  for (std::uint64_t i = 0; i < 40; ++i) {
    Walk walk(seed + i, Mutant::kNone);
    ASSERT_EQ(walk.Run(400), "") << "walk " << i;
    const Probes& p = walk.probes();
    sum.due += p.due;
    sum.overdue += p.overdue;
    sum.cleared += p.cleared;
    sum.cleared_late += p.cleared_late;
    sum.redelivered_after_retraction += p.redelivered_after_retraction;
    sum.reopened += p.reopened;
    sum.promoted += p.promoted;
    sum.late_ignored += p.late_ignored;
    sum.lapsed_open += p.lapsed_open;
    sum.spread += p.spread;
  }
  for (const int count : {sum.due, sum.overdue, sum.cleared, sum.cleared_late, sum.redelivered_after_retraction,
                          sum.reopened, sum.promoted, sum.late_ignored, sum.lapsed_open, sum.spread}) {
    EXPECT_GT(count, 0) << "vacuous walk";
  }
}

TEST(PlanWalk, TheAuditNoticesEachMutant) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  for (const Mutant mutant :
       {Mutant::kForgetsEpisode, Mutant::kFollowsLateTouches, Mutant::kForgetsRetractions, Mutant::kReusesCauses}) {
    std::string noticed;
    for (std::uint64_t i = 0; i < 40 && noticed.empty(); ++i) noticed = Walk(seed + i, mutant).Run(400);
    EXPECT_NE(noticed, "") << "mutant " << static_cast<int>(mutant) << " passed";
  }
}

// Goal: facts converge. Touches and retractions of one client in any order end in the same facts, and before anything
// falls due in the same schedule.
TEST(PlanWalk, TouchesInAnyOrderEndInTheSamePlan) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  int retracted_newest = 0;
  for (int round = 0; round < 200; ++round) {
    const int touches = 1 + static_cast<int>(Below(random, 8));
    const int taken_back = static_cast<int>(Below(random, static_cast<std::uint64_t>(touches)));
    retracted_newest += taken_back == 0 ? 1 : 0;
    const auto deliver = [&](const std::vector<int>& order) {
      TestClient client("2026-01-05T09:00:00Z");
      client.Register("2026-01-05T09:00:00Z");
      client.Segment(Tier::kB);
      client.AdvanceTo("2026-01-09T09:00:00Z");
      for (const int i : order) {
        if (i == touches) {
          client.Retract("t" + std::to_string(taken_back));
        } else {
          client.Touch("t" + std::to_string(i), FormatInstant(client.clock - hours{9 * i}));
        }
      }
      EXPECT_TRUE(client.facts.empty());
      return client.plan;
    };
    std::vector<int> order;
    for (int i = 0; i <= touches; ++i) order.push_back(i);
    const ClientPlan sorted = deliver(order);
    std::shuffle(order.begin(), order.end(), random);
    const ClientPlan shuffled = deliver(order);
    ASSERT_EQ(shuffled.touches, sorted.touches);
    ASSERT_EQ(shuffled.retractions, sorted.retractions);
    ASSERT_EQ(shuffled.due, sorted.due);
    ASSERT_EQ(shuffled.base, sorted.base);
  }
  EXPECT_GT(retracted_newest, 0) << "vacuous: the newest touch was never taken back";
}

}  // namespace
}  // namespace mainstay::cadence
