// Clients whose reasons for leaving were planted: three years of orders, signals that decay, and a chance to leave for
// good in each quarter that depends on the signals, through the fitted link or through another one. It proves the
// mechanism only.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "mainstay/risk/learning.h"
#include "order_world.h"

namespace mainstay::risk {

enum class Link { kTwoPart, kComplementaryLogLog };

struct PlantedRow {
  Matured matured;
  double oracle = 0;        // The true chance, orders and signals together.
  bool overdue = false;     // Silent for more than twice its own gap: no early warning any more.
  bool left_later = false;  // The second label: no order in (t+13, t+26].
};

struct PlantedWorld {
  SignalValues truth{};
  std::vector<PlantedRow> rows;  // By time, then client.
};

// Snapshots at `quarters` times, 26 weeks apart, of `clients` clients.
inline PlantedWorld MakePlantedWorld(Link link, int clients, int quarters, std::uint64_t seed) {
  Random random{seed};
  PlantedWorld world;
  const auto kind = [](SignalKind k) { return static_cast<std::size_t>(k); };
  world.truth[kind(SignalKind::kCompetitorCall)] = 2.5;
  world.truth[kind(SignalKind::kComplaint)] = 2.0;
  world.truth[kind(SignalKind::kEmergencyLate)] = .8;
  world.truth[kind(SignalKind::kTouchLateness)] = .8;
  world.truth[kind(SignalKind::kFallingValue)] = .8;
  world.truth[kind(SignalKind::kMissedReview)] = 1.0;
  const OrderModel model{.r = 2, .alpha = 8, .a = .4, .b = 12, .k = 1, .m = 1};
  constexpr double kStart = 78, kApart = 26, kHorizon = 13;
  const double q0 = 1 / (1 + std::exp(3.0));
  for (int quarter = 0; quarter < quarters; ++quarter) {
    for (int c = 0; c < clients; ++c) {
      const double now = kStart + kApart * (quarter % 3);
      const double rate = DrawGamma(model.r, random) / model.alpha;
      const double leaves = DrawBeta(model.a, model.b, random);
      PlantedRow row;
      SignalValues& s = row.matured.snapshot.signals;
      const auto decayed = [&](double chance, double half_life) {
        return Uniform(random) < chance ? std::exp2(-kApart * Uniform(random) / half_life) : 0;
      };
      s[kind(SignalKind::kCompetitorCall)] = decayed(.12, 8);
      s[kind(SignalKind::kComplaint)] = decayed(.15, 8);
      s[kind(SignalKind::kEmergencyLate)] = decayed(.15, 3);
      s[kind(SignalKind::kTouchLateness)] = Uniform(random) < .3 ? 3 * Uniform(random) : 0;
      s[kind(SignalKind::kFallingValue)] = Uniform(random) < .3 ? 1.5 * Uniform(random) : 0;
      s[kind(SignalKind::kMissedReview)] = Uniform(random) < .15 ? 1 : 0;
      const double weighted = Weigh(s, world.truth);
      const double u = link == Link::kTwoPart ? (1 - 1 / (1 + std::exp(3 - weighted))) / (1 - q0)
                                              : std::exp(-.05 * std::expm1(weighted));
      const bool gone_by_signal = Uniform(random) >= u;
      // Orders: what the model tells up to `now`, then two more quarters unless the signals took the client away.
      Repeats repeats;
      bool active = Uniform(random) >= leaves, first = false, second = false;
      for (double t = 0; active;) {
        t += DrawGamma(model.k, random) / rate;
        if (t > now + 2 * kHorizon || (t > now && gone_by_signal)) break;
        if (t <= now) {
          ++repeats.x;
          repeats.t_x = t;
        } else {
          (t <= now + kHorizon ? first : second) = true;
        }
        active = Uniform(random) >= leaves;
      }
      row.matured.snapshot.horizon_weeks = kHorizon;
      row.matured.snapshot.logit_silent = LogitPSilent(model, repeats, now, kHorizon);
      row.oracle = 1 - (1 - PSilent(model, repeats, now, kHorizon)) * u;
      row.matured.left = !first;
      row.left_later = !second;
      // Who looks gone already is no early warning.
      row.overdue = repeats.x < 2 || now - repeats.t_x > 2 * repeats.t_x / static_cast<double>(repeats.x);
      world.rows.push_back(row);
    }
  }
  return world;
}

}  // namespace mainstay::risk
