// What is kept about each client, against a reference that recomputes everything from the log.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "mainstay/base/random.h"
#include "mainstay/stream/key_builder.h"
#include "mainstay/testing/seed.h"
#include "services/segmentation/tests/faulty_system.h"

namespace mainstay::segmentation {
namespace {

const BookId kBook{"north"};
const Currency kGbp{"GBP"};
const ClientId kFaithful{"c14"};  // Buys the same again and again.
const ClientId kCostly{"c15"};    // Takes much time.
const Instant kStart = Instant{std::chrono::sys_days{std::chrono::year{2024} / 1 / 1}};

// What the reference says of one client.
struct Expected {
  std::int64_t trailing = 0;
  std::int64_t previous = 0;
  std::int64_t order_days = 0;
  std::int64_t products = 0;
  std::int64_t departments = 0;
  std::int64_t locations = 0;
  std::int64_t beyond_first = 0;
  std::int64_t minutes = 0;
  std::int64_t frictions = 0;
  std::optional<Instant> referral;  // The newest one given.
  std::int64_t net = 0;             // Of all order days, of the first and of the last one.
  std::int64_t first_net = 0;
  std::int64_t last_net = 0;
  friend bool operator==(const Expected&, const Expected&) = default;
};

std::ostream& operator<<(std::ostream& out, const Expected& e) {
  return out << e.trailing << "/" << e.previous << " days " << e.order_days << " products " << e.products
             << " departments " << e.departments << " locations " << e.locations << " beyond " << e.beyond_first
             << " minutes " << e.minutes << " frictions " << e.frictions << " net " << e.net << " first " << e.first_net
             << " last " << e.last_net;
}

struct ReferenceOrder {
  std::string client;
  Instant at;
  std::vector<OrderLine> lines;
  std::int64_t refunded = 0;
  [[nodiscard]] std::int64_t net() const {
    std::int64_t gross = 0;
    for (const OrderLine& line : lines) gross += line.amount.units();
    return std::max<std::int64_t>(0, gross - refunded);
  }
};

class Reference {
 public:
  // In the order of the log; merges apply to everything, whenever it came.
  Reference(const std::vector<InEvent>& facts, Instant now) : now_(now) {
    for (const InEvent& fact : facts) {
      if (const auto* merged = std::get_if<ClientMerged>(&fact.data)) into_[fact.client->raw()] = merged->into.raw();
    }
    for (const InEvent& fact : facts) {
      if (const auto* placed = std::get_if<OrderPlaced>(&fact.data)) {
        orders_[placed->order.raw()] = {Today(fact), fact.time, placed->lines, 0};
      }
    }
    for (const InEvent& fact : facts) Take(fact);
    for (const auto& [id, order] : orders_) Count(order.client, order.at, order.net());
    for (const auto& [id, order] : orders_) Hold(order);
    Finish();
  }
  [[nodiscard]] const std::map<std::string, Expected>& clients() const { return clients_; }
  [[nodiscard]] std::string Today(const InEvent& fact) const {
    std::string id = fact.client->raw();
    while (into_.contains(id)) id = into_.at(id);
    return id;
  }

 private:
  void Take(const InEvent& fact) {
    const std::string client = Today(fact);
    if (const auto* corrected = std::get_if<OrderCorrected>(&fact.data)) {
      orders_.at(corrected->order.raw()).lines = corrected->lines;
    } else if (const auto* refund = std::get_if<OrderRefunded>(&fact.data)) {
      const auto order = refund->order ? orders_.find(refund->order->raw()) : orders_.end();
      if (order != orders_.end() && order->second.client == client) {
        order->second.refunded += refund->amount.units();
      } else {
        Count(client, fact.time, -refund->amount.units());
      }
    } else if (const auto* touched = std::get_if<Touched>(&fact.data)) {
      const std::int64_t age = (Day(now_) - Day(fact.time)).count();
      if (age < 365) clients_[client].minutes += touched->minutes.value_or(0);
      if (age < 180 && touched->sentiment.value_or(0) < 0) ++clients_[client].frictions;
    } else if (std::holds_alternative<ReferralGiven>(fact.data)) {
      std::optional<Instant>& newest = clients_[client].referral;
      if (!newest || fact.time > *newest) newest = fact.time;
    } else if (std::holds_alternative<ComplaintMade>(fact.data)) {
      if ((Day(now_) - Day(fact.time)).count() < 180) ++clients_[client].frictions;
    }
  }
  static std::chrono::sys_days Day(Instant at) { return std::chrono::floor<std::chrono::days>(at); }
  void Count(const std::string& client, Instant at, std::int64_t units) {
    const Duration year = std::chrono::days{365};
    if (at <= now_ && at > now_ - year) clients_[client].trailing += units;
    if (at <= now_ - year && at > now_ - 2 * year) clients_[client].previous += units;
    clients_[client];
  }
  void Hold(const ReferenceOrder& order) {
    if (order.net() <= 0) return;
    days_[order.client][Day(order.at)] += order.net();
    const auto hold = [&](const std::string& thing) {
      auto& held = held_[order.client];
      const auto known = held.find(thing);
      if (known == held.end() || Day(order.at) < known->second) held[thing] = Day(order.at);
    };
    for (const OrderLine& line : order.lines) {
      hold("p" + line.product.raw());
      if (line.department) hold("d" + line.department->raw());
      if (line.location) hold("l" + line.location->raw());
    }
  }
  void Finish() {
    for (const auto& [client, days] : days_) {
      Expected& expected = clients_[client];
      expected.order_days = static_cast<std::int64_t>(days.size());
      for (const auto& [day, net] : days) expected.net += net;
      expected.first_net = days.begin()->second;
      expected.last_net = days.rbegin()->second;
    }
    for (const auto& [client, things] : held_) {
      for (const auto& [thing, since] : things) {
        Expected& expected = clients_[client];
        ++(thing[0] == 'p' ? expected.products : thing[0] == 'd' ? expected.departments : expected.locations);
        if (since > days_[client].begin()->first) ++clients_[client].beyond_first;
      }
    }
  }

  Instant now_;
  std::map<std::string, std::string> into_;
  std::map<std::string, ReferenceOrder> orders_;
  std::map<std::string, std::map<std::chrono::sys_days, std::int64_t>> days_;
  std::map<std::string, std::map<std::string, std::chrono::sys_days>> held_;
  std::map<std::string, Expected> clients_;
};

class History {
 public:
  explicit History(std::uint64_t seed) : random_{seed}, system_(random_) {}

  // One random event at a later time, and what the store says of everybody afterwards.
  void Step(int number) {
    now_ += std::chrono::hours{Below(random_, 80) == 0 ? 24 * 100 : Below(random_, 50)};
    const bool late = Below(random_, 5) == 0;
    const Instant time = late ? now_ - std::chrono::hours{Below(random_, 24 * 700)} : now_;
    std::optional<InEventData> data = Choose(number);
    if (!data) return;
    InEvent event{EventId{"e" + std::to_string(number)}, "test", time, kBook, client_, std::move(*data)};
    late_ += late ? 1 : 0;
    facts_.push_back(event);
    system_.Take(event, now_);
    if (!::testing::Test::HasFatalFailure()) Compare(number);
  }
  [[nodiscard]] const std::map<std::string, int>& probes() const { return probes_; }
  [[nodiscard]] int late() const { return late_; }
  [[nodiscard]] std::size_t dead_letters() { return system_.dead_letters(); }
  [[nodiscard]] std::size_t crashes() { return system_.driver().crashes(); }

 private:
  static InEventData Complaining() {
    Touched touched;
    touched.rep = RepId{"ann"};
    touched.minutes = 600;
    touched.sentiment = -1;
    return touched;
  }
  std::vector<OrderLine> Lines() {
    if (client_ == kFaithful) return {{ProductId{"p0"}, {}, Money::FromUnits(900'000), {}, {}, {}}};
    std::vector<OrderLine> lines(Below(random_, 3) + 1);
    for (OrderLine& line : lines) {
      line.product = ProductId{"p" + std::to_string(Below(random_, 4))};
      if (Below(random_, 2) == 0) line.department = DepartmentId{"d" + std::to_string(Below(random_, 3))};
      if (Below(random_, 2) == 0) line.location = LocationId{"l" + std::to_string(Below(random_, 2))};
      line.amount = Money::FromUnits(static_cast<std::int64_t>(Below(random_, 500) + 1) * 10'000);
    }
    return lines;
  }
  static constexpr std::uint64_t kBuys = 13;  // As any other number that has no case of its own.
  std::optional<InEventData> Choose(int number) {
    client_ = Below(random_, 10) == 0 ? kFaithful : ClientId{"c" + std::to_string(Below(random_, 16))};
    if (client_ == kCostly && Below(random_, 2) == 0) return Complaining();
    // It only buys: with friction it could be draining all the time, and never be found stagnant.
    switch (client_ == kFaithful ? kBuys : Below(random_, 14)) {
      case 0:
      case 1: {
        if (placed_.empty()) return std::nullopt;  // It would wait for the book's currency.
        ++probes_["refund"];
        OrderRefunded refund{RefundId{"r" + std::to_string(number)}, std::nullopt, kGbp, {}, {}};
        refund.order = OrderId{placed_[Below(random_, placed_.size())].first};
        refund.amount = Money::FromUnits(static_cast<std::int64_t>(Below(random_, 900) + 1) * 10'000);
        return refund;
      }
      case 2: {
        if (placed_.empty() || corrected_at_ == now_) return std::nullopt;
        const auto& [order, client] = placed_[Below(random_, placed_.size())];
        if (corrected_.contains(order)) return std::nullopt;
        corrected_.insert(order);
        client_ = ClientId{client};
        ++probes_["correction"];
        return OrderCorrected{OrderId{order}, kGbp, Lines()};
      }
      case 3: {
        ++probes_["touch"];
        Touched touched;
        touched.rep = RepId{"ann"};
        touched.minutes = static_cast<std::int32_t>(Below(random_, 60));
        if (Below(random_, 2) == 0) touched.sentiment = -0.5;
        return touched;
      }
      case 4: ++probes_["complaint"]; return ComplaintMade{ComplaintId{"k" + std::to_string(number)}, std::nullopt};
      case 6:
        ++probes_["referral"];
        return ReferralGiven{ReferralId{"f" + std::to_string(number)}, "a friend", std::nullopt};
      case 5: {
        if (number < 100 || merges_ == 2) return std::nullopt;
        ++merges_;
        ++probes_["merge"];
        client_ = ClientId{"c" + std::to_string(merges_ - 1)};
        return ClientMerged{ClientId{"c" + std::to_string(merges_)}};
      }
      default: {
        ++probes_["order"];
        const std::string id = "o" + std::to_string(number);
        placed_.emplace_back(id, client_.raw());
        return OrderPlaced{OrderId{id}, kGbp, Lines(), std::nullopt, std::nullopt};
      }
    }
  }
  void Compare(int number) {
    const Reference reference(facts_, now_);
    const std::string prefix = kBook.raw() + '\0';
    std::map<std::string, Expected> stored;
    std::map<std::string, Published> published;
    std::vector<Effort> efforts;
    ASSERT_TRUE(system_.driver().store(0).Scan(kClients, prefix, {}, [&](std::string_view key, std::string_view value) {
      const ClientRecord c = DecodeClient(value).value();
      // The windows of touches move when a client is worked on; the one of this step was.
      const bool fresh = c.activity_day == DayOf(now_);
      stored[std::string(key.substr(prefix.size()))] = {c.window.trailing.units(),
                                                        c.window.previous.units(),
                                                        c.order_days,
                                                        c.products,
                                                        c.departments,
                                                        c.locations,
                                                        c.beyond_first,
                                                        fresh ? c.minutes : -1,
                                                        fresh ? c.frictions : -1,
                                                        c.last_referral_at,
                                                        c.net.units(),
                                                        c.first_day_net.value_or(Money{}).units(),
                                                        c.last_day_net.value_or(Money{}).units()};
      if (c.window.trailing > Money{}) efforts.push_back(EffortOf(c.minutes, c.window.trailing));
      published[std::string(key.substr(prefix.size()))] = c.published;
      return true;
    }));
    for (const auto& [id, client] : stored) {
      const auto found = reference.clients().find(id);
      Expected expected = found == reference.clients().end() ? Expected{} : found->second;
      if (client.minutes < 0) expected.minutes = expected.frictions = -1;
      ASSERT_EQ(client, expected) << id << " after step " << number;
      if (client.beyond_first > 0) ++probes_["beyond"];
      if (client.previous > 0) ++probes_["previous"];
      if (client.frictions > 0) ++probes_["friction"];
    }
    if (!std::holds_alternative<OrderPlaced>(facts_.back().data)) return;
    const std::string worked_on = reference.Today(facts_.back());
    ComparePersona(published.at(worked_on), reference.clients().at(worked_on), efforts);
  }
  // The client that ordered was decided anew; the efforts of the others are as of when they were worked on.
  void ComparePersona(const Published& published, const Expected& expected, const std::vector<Effort>& efforts) {
    PersonaFacts facts;
    facts.revenue = Money::FromUnits(expected.trailing);
    facts.previous = Money::FromUnits(expected.previous);
    facts.minutes = expected.minutes;
    facts.frictions = expected.frictions;
    facts.order_days = expected.order_days;
    facts.beyond_first = expected.beyond_first;
    facts.products = expected.products;
    facts.departments = expected.departments;
    facts.referral = expected.referral && now_ < *expected.referral + std::chrono::days{365};
    const Persona persona = DecidePersona(facts, efforts.size(), LinesOfEfforts(efforts), PolicyValues{}).persona;
    ASSERT_EQ(PersonaName(published.persona), PersonaName(persona)) << expected;
    ++probes_[std::string(PersonaName(persona))];
    std::vector<std::string> flags;
    if (expected.products == 1) flags.emplace_back("one_product");
    if (expected.departments == 1) flags.emplace_back("one_department");
    if (expected.locations == 1) flags.emplace_back("one_location");
    ASSERT_EQ(FlagNames(published.flags), flags) << expected;
    for (const std::string& flag : flags) ++probes_[flag];
  }

  Random random_;
  FaultySystem system_;
  std::vector<InEvent> facts_;
  std::vector<std::pair<std::string, std::string>> placed_;
  std::set<std::string> corrected_;
  std::map<std::string, int> probes_;
  ClientId client_{"c0"};
  Instant now_ = kStart;
  Instant corrected_at_{};
  int merges_ = 0;
  int late_ = 0;
};

// Goal: after every prefix of a random history the incremental state equals what recomputing from the log gives.
TEST(SegmentationFacts, EqualRecomputationAfterEveryPrefix) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  History history(seed);
  for (int step = 0; step < 1'000; ++step) {
    history.Step(step);
    if (::testing::Test::HasFatalFailure()) return;
  }
  EXPECT_EQ(history.dead_letters(), 0U);
  EXPECT_GT(history.crashes(), 0U);
  EXPECT_GT(history.late(), 0);
  for (const char* probe :
       {"order", "refund", "correction", "touch", "complaint", "merge", "beyond", "previous", "friction", "referral",
        "best", "draining", "stagnant", "unclassified", "one_product", "one_department", "one_location"}) {
    EXPECT_TRUE(history.probes().contains(probe)) << "never reached: " << probe;
  }
}

}  // namespace
}  // namespace mainstay::segmentation
