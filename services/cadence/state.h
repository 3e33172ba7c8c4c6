// The state of the cadence service as values, and the tables they lie in.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mainstay/base/hash.h"
#include "mainstay/base/result.h"
#include "mainstay/cadence/plan.h"
#include "mainstay/ledger/early_refunds.h"
#include "mainstay/ledger/erasures.h"
#include "mainstay/ledger/ledger_tables.h"
#include "mainstay/ledger/mergers.h"
#include "mainstay/risk/level.h"
#include "mainstay/risk/order_days.h"
#include "mainstay/risk/signals.h"
#include "mainstay/vocabulary/calendar.h"
#include "mainstay/vocabulary/events.h"
#include "mainstay/vocabulary/ids.h"
#include "mainstay/vocabulary/policy_values.h"
#include "mainstay/vocabulary/stamp.h"

namespace mainstay::cadence {

struct BookModel;  // book_model.h

inline constexpr stream::TableId kClients = 1;  // book\0client -> ClientRecord
inline constexpr stream::TableId kBooks = 2;    // book -> BookRecord
inline constexpr ledger::LedgerNames kLedger{
    .orders = 3, .refunds = 4, .waiting = 5, .entries = 6, .window_timer = 1, .by_client = 21};
inline constexpr stream::TableId kReps = 7;         // book\0rep -> RepRecord
inline constexpr stream::TableId kOrderTimes = 8;   // book\0client\0instant -> OrderTime
inline constexpr stream::TableId kIncidents = 9;    // book\0client\0kind\0natural id -> Incident
inline constexpr stream::TableId kBookFacts = 10;   // book\0client\0instant source\nid -> BookFact, TierName
inline constexpr stream::TableId kTopics = 11;      // book\0client\0kind\0natural id -> Topic
inline constexpr stream::TableId kLearning = 12;    // book -> LearningRecord (learning.h)
inline constexpr stream::TableId kSnapshots = 13;   // book\0client -> open snapshots (snapshots.h)
inline constexpr stream::TableId kMatured = 14;     // book\0number of the first -> labels (snapshots.h)
inline constexpr stream::TableId kLook = 15;        // book\0step -> LookStep (look.h)
inline constexpr stream::TableId kAgreements = 20;  // book\0client -> Agreements (agreements.h)
inline constexpr stream::TableId kAttention = 23;   // book\0client -> Attention (fold_attention.h)
inline constexpr stream::TableId kLeads = 24;       // book\0client\0kind\0natural id -> Lead (fold_leads.h)
inline constexpr stream::TableId kEffort = 25;      // book\0client\0instant hash -> minutes (effort.h)
inline constexpr stream::TableId kReferrals = 26;   // book\0client\0... (referrals.h)
inline constexpr ledger::Erasures kErasures{27};
inline constexpr ledger::EarlyRefunds kEarlyRefunds{28};
inline constexpr ledger::Mergers kMergers{22};

// Timers. Keys are book\0client or book.
inline constexpr stream::TimerKind kWindowTimer = kLedger.window_timer;
inline constexpr stream::TimerKind kPlanTimer = 2;
inline constexpr stream::TimerKind kRiskTimer = 3;
inline constexpr stream::TimerKind kSweepTimer = 4;       // Goes on with a decision for every client of a book.
inline constexpr stream::TimerKind kImportTimer = 5;      // Gives up an import without progress.
inline constexpr stream::TimerKind kTouchDataTimer = 6;   // Sees whether touch data is still connected.
inline constexpr stream::TimerKind kModelTimer = 7;       // The weekly look of look.h.
inline constexpr stream::TimerKind kLookTimer = 8;        // Goes on with a look.
inline constexpr stream::TimerKind kAgreementTimer = 20;  // A review or a renewal.

struct LastOrder {
  Instant at{};
  EventId event;
};

// A contract that nobody has ended, as far as the churn score asks.
struct RunningContract {
  EventId event;  // Its signing, or its last renewal.
  Day end{};
  std::int64_t renewals = 0;
  std::int64_t term_days = 0;  // Of the last term.
};

struct ClientRecord {
  ClientPlan plan;
  std::optional<RepId> owner;
  Stamp owner_set;
  std::optional<std::string> zone;  // Absent: the book's.
  Stamp zone_set;
  Stamp status_set;
  ledger::RevenueWindow window;
  risk::OrderDays order_days;
  LastOrder last_order;  // Set while order_days has statistics.
  // Without what follows from the rest: `touch`, `overdue`, `contacts`, `value_trend`, deadlines.
  risk::SignalFacts signals;
  risk::RiskState risk;
  std::optional<EventId> overdue_event;  // What the open overdue episode cites.
  std::optional<Instant> plan_timer;     // Which timers are set.
  std::optional<Instant> risk_timer;
  bool has_agreements = false;  // There is an entry in kAgreements.
  std::optional<Instant> agreement_timer;
  std::vector<RunningContract> contracts;  // By end.
  std::int64_t referrals = 0;              // Given, ever.
  std::string effort;                      // On touches that the plan no longer keeps, packed (effort.h).
};

struct BookRecord {
  std::optional<Currency> currency;
  std::optional<std::string> time_zone;  // Absent: UTC.
  WorkCalendar calendar;
  Stamp calendar_set;
  std::map<std::string, double> thresholds;  // What the book has set of `policy`.
  PolicyValues policy;
  std::int64_t referrals_won = 0;
  std::int64_t referrals_lost = 0;
  bool importing = false;
  std::optional<Instant> last_touch;
  std::optional<Instant> touch_check;
  std::shared_ptr<const BookModel> model;  // Null: `default-1`.
  std::optional<Instant> model_timer;

  [[nodiscard]] risk::LevelPolicy levels() const {
    return {policy.elevated, policy.high, policy.hysteresis, /*early_warnings=*/true};
  }
};

struct RepRecord {
  std::optional<std::int64_t> minutes_per_week;
  bool sales = true;
  Stamp set;
};

struct OrderTime {
  Money net;
  EventId event;
};

struct Incident {
  std::optional<EventId> event;  // Absent: resolved before it was raised.
  Instant at{};
  Hash128 content;
  std::optional<Instant> resolved_at;
};

// What the check-up and the proof count.
enum class BookFact : char {
  kLostToCompetition = 'l',
  kLostOtherwise = 'o',
  kCompetitorCall = 'c',
  kEmergency = 'e',
  kForeseenEmergency = 'f',  // The client had been above LOW for a week.
  kReferral = 'r',
};

// A fact as its table keeps it: what, and the client's tier at that time.
[[nodiscard]] std::string EncodeBookFact(BookFact fact, Tier tier);
[[nodiscard]] Result<std::pair<BookFact, Tier>> DecodeBookFact(std::string_view bytes);
// The part of its key below the client: "instant source\nid".
[[nodiscard]] std::string EventKey(Instant at, const std::string& source, const EventId& id);

// What to talk about in a call.
struct Topic {
  std::string text;
  std::optional<Day> until;  // The last day on which it is of interest.
  bool closed = false;
  Instant at{};
};

[[nodiscard]] std::string Encode(const ClientRecord& client);
[[nodiscard]] Result<ClientRecord> DecodeClient(std::string_view bytes);
// The same into a record that is as it was made: what is read with every event is not moved about.
[[nodiscard]] Result<void> DecodeClient(std::string_view bytes, ClientRecord& empty);
[[nodiscard]] std::string Encode(const BookRecord& book);
[[nodiscard]] Result<BookRecord> DecodeBook(std::string_view bytes);
[[nodiscard]] std::string Encode(const RepRecord& rep);
[[nodiscard]] Result<RepRecord> DecodeRep(std::string_view bytes);
[[nodiscard]] std::string Encode(const OrderTime& order);
[[nodiscard]] Result<OrderTime> DecodeOrderTime(std::string_view bytes);
[[nodiscard]] std::string Encode(const Incident& incident);
[[nodiscard]] Result<Incident> DecodeIncident(std::string_view bytes);
[[nodiscard]] std::string Encode(const Topic& topic);
[[nodiscard]] Result<Topic> DecodeTopic(std::string_view bytes);

// "book\0client" and "book\0client\0", the beginning of what else is kept of a client.
[[nodiscard]] std::string ClientKey(const BookId& book, const ClientId& client);
[[nodiscard]] std::string ClientPrefix(const BookId& book, const ClientId& client);

}  // namespace mainstay::cadence
