// One client's story, and the pen that writes it down. Parts of practice.h; not for others.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "mainstay/base/random.h"
#include "mainstay/vocabulary/events.h"

namespace mainstay::demo {

inline constexpr const char* kCrm = "crm";  // The source of most events.
inline const Day kFirstDay{std::chrono::year{2024} / 7 / 1};
inline const Day kFirstTouchDay{std::chrono::year{2025} / 1 / 2};  // Touches are recorded from here on.
inline const Day kLastDay{std::chrono::year{2025} / 12 / 31};

enum class Rhythm { kMonthly, kQuarterly, kAnnual };

struct Story {
  int number = 0;     // 0-based; stories are planted by it.
  int size_rank = 0;  // 0: the biggest.
  ClientId id{""};
  std::string name;
  RepId owner{""};
  RepId support{""};
  Rhythm rhythm = Rhythm::kMonthly;
  Day first_order;
  std::optional<Day> silent_from;  // Orders stop here, without a word.
  std::optional<Day> lost_on;
  std::optional<Day> erased_on;
  std::int64_t order_pence = 0;  // Of a usual order.
  std::vector<ProductId> products;
  std::vector<Department> departments;
  std::vector<Location> locations;
  ContactId contact{""};
};

// Collects events; gives each an id of its own. The order of C++'s arguments is open, so a statement draws at most one
// random number: the book must come out the same with every compiler.
class Pen {
 public:
  explicit Pen(Random& random) : random_(random) {}

  // Some minute of office hours of `day`.
  Instant Hour(Day day);
  EventId Write(const char* source, Instant at, const std::optional<ClientId>& client, InEventData data);
  // On `day`, if the story's client is one on that day.
  void Write(const char* source, Day day, const Story& story, InEventData data);
  [[nodiscard]] std::size_t Below(std::size_t bound) { return mainstay::Below(random_, bound); }
  [[nodiscard]] bool OneIn(std::size_t n) { return Below(n) == 0; }
  [[nodiscard]] Day SomeDay(Day from, Day to);  // In [from, to].
  // "order-0042": a natural id.
  std::string Natural(const char* kind);
  [[nodiscard]] std::vector<InEvent> TakeEvents() { return std::move(events_); }

 private:
  Random& random_;
  std::vector<InEvent> events_;
  int naturals_ = 0;
};

[[nodiscard]] Money Pence(std::int64_t pence);
[[nodiscard]] MoneyAmount Pounds(std::int64_t pounds);
[[nodiscard]] const Currency& BookCurrency();
[[nodiscard]] const std::vector<ProductId>& Catalogue();
// Registered, not lost nor erased, and the practice has not ended.
[[nodiscard]] bool IsClient(const Story& story, Day day);

void TellBook(Pen& pen);                          // Calendar, policy, target, reps, products.
void TellIdentity(Pen& pen, const Story& story);  // Registration, contacts, owner.
void TellOrders(Pen& pen, const Story& story);    // Orders, a correction, refunds.
void TellTouches(Pen& pen, const Story& story);   // Calls, meetings, tickets, a retraction.
void TellTrouble(Pen& pen, const Story& story);   // Emergencies, complaints, competitors, surveys, losses.
void TellRelation(Pen& pen, const Story& story);  // Contracts, referrals, deals, offers, consent.
void TellSuccess(Pen& pen, const Story& story);   // Goals, reviews, promises, potential.

}  // namespace mainstay::demo
