// Goal: what each client should be offered next equals what counting everything anew gives, after every order of a
// random history. Method: the rule of product.md 5.1.6 written down by hand over sets; clients of two kinds, who buy
// what their kind buys, so that something follows from something; weeks pass, and transactions fail at random.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "mainstay/base/random.h"
#include "mainstay/testing/seed.h"
#include "services/segmentation/tests/faulty_system.h"

namespace mainstay::segmentation {
namespace {

const BookId kBook{"north"};
const Instant kStart = Instant{std::chrono::sys_days{std::chrono::year{2024} / 1 / 1}};
constexpr Duration kWeek = std::chrono::days{7};

using Held = std::map<std::string, std::set<std::string>>;  // By client.

class Reference {
 public:
  // All weekly rounds before `now`.
  void Until(Instant now) {
    if (!next_week_) next_week_ = now + kWeek;  // The book's first event.
    for (; *next_week_ <= now; *next_week_ += kWeek) Week(*next_week_);
  }
  // False: nothing new.
  void Buys(const std::string& client, const std::string& product) {
    if (!held_[client].insert(product).second || counted_ == 0) return;
    std::string& next = next_[client];
    if (next.empty() || held_[client].contains(next)) next = Best(held_[client]);
  }
  [[nodiscard]] const std::map<std::string, std::string>& next() const { return next_; }
  [[nodiscard]] int recounts() const { return recounts_; }

 private:
  [[nodiscard]] std::int64_t Pairs() const {
    std::int64_t pairs = 0;
    for (const auto& [client, products] : held_) pairs += static_cast<std::int64_t>(products.size());
    return pairs;
  }
  void Week(Instant at) {
    const std::int64_t change = std::abs(Pairs() - counted_);
    const std::int64_t week = std::chrono::floor<std::chrono::days>(at).time_since_epoch().count() / 7;
    if (change <= counted_ / 4 && (change == 0 || week % 13 != 0)) return;
    ++recounts_;
    counted_ = Pairs();
    seen_ = held_;
    for (const auto& [client, products] : held_) next_[client] = Best(products);
  }
  [[nodiscard]] double Holders(const std::string& a, const std::string& b) const {
    return static_cast<double>(std::count_if(
        seen_.begin(), seen_.end(), [&](const auto& one) { return one.second.contains(a) && one.second.contains(b); }));
  }
  [[nodiscard]] std::string Best(const std::set<std::string>& own) const {
    const auto n = static_cast<double>(seen_.size());
    std::set<std::string> all;
    for (const auto& [client, products] : seen_) all.insert(products.begin(), products.end());
    std::string best;
    double best_score = 0;
    for (const std::string& p : all) {  // In the order of ids, so the first of equals stays.
      const double n_p = Holders(p, p);
      if (own.contains(p) || n_p < 5 || 100 * n_p < n) continue;
      for (const std::string& o : own) {
        const double n_o = Holders(o, o);
        const double n_op = Holders(o, p);
        if (n_op < 3 || n_op * n / (n_o * n_p) < 1.2) continue;
        const double score = (n_op + 5 * n_p / n) / (n_o + 5);
        if (score > best_score) best = p;
        best_score = std::max(best_score, score);
      }
    }
    return best;
  }

  Held held_;
  Held seen_;  // At the last recount.
  std::int64_t counted_ = 0;
  int recounts_ = 0;
  std::optional<Instant> next_week_;
  std::map<std::string, std::string> next_;  // Empty: none.
};

std::map<std::string, std::string> Stored(stream_sim::TaskDriver& driver) {
  std::map<std::string, std::string> next;
  const std::string prefix = kBook.raw() + '\0';
  EXPECT_TRUE(driver.store(0).Scan(kClients, prefix, {}, [&](std::string_view key, std::string_view value) {
    const ClientRecord client = DecodeClient(value).value();
    next[std::string(key.substr(prefix.size()))] = client.next_product ? client.next_product->raw() : "";
    return true;
  }));
  return next;
}

TEST(SegmentationNextProduct, EqualsCountingAnewAfterEveryOrder) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  FaultySystem system(random);
  Reference reference;
  Instant now = kStart;
  std::size_t offered = 0;
  for (int step = 0; step < 400; ++step) {
    now += std::chrono::minutes{61 + Below(random, 60 * 48)};
    const std::uint64_t number = Below(random, 40);
    const bool usual = Below(random, 6) > 0;  // What its kind buys: p0 to p4, or p5 to p9.
    const std::uint64_t kind = usual ? number % 2 : Below(random, 2);
    const std::string client = "c" + std::to_string(number);
    const std::string product = "p" + std::to_string(5 * kind + Below(random, 5));
    system.Take(Bought(kBook, step, client, product, 10'000, now), now);
    if (::testing::Test::HasFatalFailure()) return;
    reference.Until(now);
    reference.Buys(client, product);
    const auto stored = Stored(system.driver());
    for (const auto& [id, next] : stored) {
      const auto expected = reference.next().find(id);
      ASSERT_EQ(next, expected == reference.next().end() ? "" : expected->second) << id << " after step " << step;
      offered += next.empty() ? 0 : 1;
    }
  }
  EXPECT_GT(reference.recounts(), 3);
  EXPECT_GT(offered, 100U);
}

}  // namespace
}  // namespace mainstay::segmentation
