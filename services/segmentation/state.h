// The state of the segmentation service as values, and the tables they lie in.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/result.h"
#include "mainstay/ledger/early_refunds.h"
#include "mainstay/ledger/erasures.h"
#include "mainstay/ledger/ledger_tables.h"
#include "mainstay/ledger/mergers.h"
#include "mainstay/segmentation/client_status.h"
#include "mainstay/segmentation/persona.h"
#include "mainstay/segmentation/tiering.h"
#include "mainstay/vocabulary/book_events.h"
#include "mainstay/vocabulary/client_events.h"
#include "mainstay/vocabulary/event_ids.h"
#include "mainstay/vocabulary/ids.h"
#include "mainstay/vocabulary/policy.h"
#include "mainstay/vocabulary/policy_values.h"
#include "mainstay/vocabulary/stamp.h"

namespace mainstay::segmentation {

inline constexpr stream::TableId kClients = 1;        // book\0client -> ClientRecord
inline constexpr stream::TableId kBooks = 2;          // book -> BookRecord
inline constexpr stream::TableId kOrderCells = 7;     // book\0order\0piece -> what it is made of
inline constexpr stream::TableId kHoldings = 8;       // book\0client\0kind\0ids -> since when, by how many orders
inline constexpr stream::TableId kOrderDays = 9;      // book\0client\0day -> net amount
inline constexpr stream::TableId kActivity = 10;      // book\0client\0day\0id -> minutes, friction
inline constexpr stream::TableId kActivityDays = 11;  // book\0client\0id -> its day
inline constexpr stream::TableId kPlaces = 12;        // book\0client\0kind\0id -> name, as registered
inline constexpr stream::TableId kProducts = 13;      // book\0product
inline constexpr stream::TableId kPartners = 14;      // book\0product -> what follows from it
inline constexpr stream::TableId kPotential = 15;     // book\0client\0product\0department\0location
inline constexpr stream::TableId kQuarters = 16;      // book\0quarter
inline constexpr stream::TableId kRanks = 17;         // book\0client\0quarter
inline constexpr stream::TableId kReps = 18;          // book\0rep -> RepRecord
inline constexpr stream::TableId kReviews = 19;       // book\0quarter\0client
inline constexpr ledger::Mergers kMergers{20};
inline constexpr ledger::Erasures kErasures{21};
inline constexpr stream::TableId kClientOrders = 22;  // book\0client\0mark\0id
inline constexpr stream::TableId kProtected = 23;     // book\0client -> why a person keeps it from the review
inline constexpr stream::TableId kRanking = 24;       // book\0revenue, largest first, client -> ParetoPlace
inline constexpr stream::TableId kTotals = 25;        // book -> BookTotals
inline constexpr stream::TableId kRankCounts = 26;    // book\0band of revenue, largest first -> RankBand
inline constexpr ledger::EarlyRefunds kEarlyRefunds{27};
inline constexpr stream::TableId kCallers = 28;  // book\0owner of clients with a cadence, while a quarter is kept
inline constexpr stream::TableId kLastTable = kCallers;
inline constexpr ledger::LedgerNames kLedger{.orders = 3,
                                             .refunds = 4,
                                             .waiting = 5,
                                             .entries = 6,
                                             .window_timer = 1,
                                             .keeps_previous = true,
                                             .by_client = kClientOrders};

// Timers. Keys are book\0client or book.
inline constexpr stream::TimerKind kWindowTimer = kLedger.window_timer;
inline constexpr stream::TimerKind kTierTimer = 2;
inline constexpr stream::TimerKind kSweepTimer = 3;    // Goes on with a decision for every client of a book.
inline constexpr stream::TimerKind kImportTimer = 4;   // Gives up an import without progress.
inline constexpr stream::TimerKind kWeekTimer = 5;     // Personas, and what is bought together, once a week.
inline constexpr stream::TimerKind kQuarterTimer = 6;  // Rank history and the review, when a quarter ends.

struct Published {  // As of the last SegmentChanged.
  Tier tier = Tier::kNone;
  Persona persona = Persona::kNone;
  std::uint32_t flags = 0;
  std::optional<ProductId> next_product;
  friend bool operator==(const Published&, const Published&) = default;
};

// What stood when a client was lost.
struct LossRecord {
  LossReason reason = LossReason::kOther;
  std::optional<std::string> competitor;
  Instant at{};
  Tier tier = Tier::kNone;
  Money revenue;
  Money book;  // Revenue of the whole book.
  EventId event;
};

// Money that somebody stated, which may be of another currency than the book's: then it is not compared with it.
struct StatedMoney {
  Money money;
  std::optional<Currency> currency;  // Absent: stored before it was kept; the book's.

  [[nodiscard]] std::optional<Money> In(const std::optional<Currency>& book) const {
    return !currency || currency == book ? std::optional(money) : std::nullopt;
  }
};

enum class Attribute : std::uint8_t {
  kName = 1,
  kOwner = 2,
  kSince = 3,
  kEmployees = 4,
  kAnnualRevenue = 5,
  kDepartments = 6,
  kLocations = 7
};

struct ClientRecord {
  std::optional<std::string> name;
  std::optional<RepId> owner;
  std::optional<Day> since;
  std::optional<std::int64_t> employees;
  std::optional<StatedMoney> annual_revenue;  // The client's own.
  std::map<Attribute, Stamp> said;            // When each of them was last said.
  Instant first_event_at{};
  std::optional<Instant> registered_at;
  std::optional<Instant> first_order_at;
  bool lost = false;
  std::optional<LossRecord> loss;  // While lost.
  Instant status_changed_at{};
  ledger::RevenueWindow window;
  TierState tier;
  std::optional<ProductId> next_product;
  Published published;
  // What it bought. UTC days with a net amount above zero.
  std::int64_t order_days = 0;
  std::optional<Day> first_day;
  std::optional<Day> last_day;
  std::optional<Money> first_day_net;  // Of the first of them; absent: in the table only.
  std::optional<Money> last_day_net;   // Of the last of them, as above.
  Money net;                           // Of all of them.
  std::int64_t products = 0;
  std::int64_t departments = 0;
  std::int64_t locations = 0;
  std::int64_t beyond_first = 0;
  // What it takes, in the windows that end with activity_day.
  std::int64_t minutes = 0;
  std::int64_t frictions = 0;
  Day activity_day{};
  std::optional<Day> activity_since;  // No entry of an earlier day is kept; absent: none at all.
  std::optional<Instant> last_touch_at;
  std::optional<Instant> last_referral_at;
  std::optional<Instant> last_offer_at;
  std::optional<Instant> last_survey_at;
  std::optional<Instant> potential_at;
  std::optional<std::int32_t> potential_years;  // The horizon that was assessed for; absent: the policy's.
  bool has_goal = false;
  bool never_erased = false;  // There is no mark of an erasure of this id, so nobody need look for one.

  [[nodiscard]] ClientFacts facts() const;
  [[nodiscard]] PersonaFacts persona_facts(Instant now) const;
  [[nodiscard]] std::uint32_t flags() const;
  [[nodiscard]] std::optional<Instant> grace_until(const PolicyValues& policy) const;
  // Neither lost nor in the nurture program: there is a service that could be lower.
  [[nodiscard]] bool is_served() const { return !lost && owner != kNurture; }
  // The tier whose cadence it has with a tier: C's while it is new, none if it is lost or in the nurture program.
  [[nodiscard]] Tier CadenceOf(Tier tier, Instant now) const;
};

// Whitespace flags: where the client buys only one of a kind.
inline constexpr std::uint32_t kOneProduct = 1;
inline constexpr std::uint32_t kOneDepartment = 2;
inline constexpr std::uint32_t kOneLocation = 4;
[[nodiscard]] std::vector<std::string> FlagNames(std::uint32_t flags);

struct YearTarget {
  StatedMoney amount;
  std::optional<std::int64_t> paying_clients;
};

struct BookRecord {
  std::optional<Currency> currency;
  TierPolicy policy;
  std::string policy_version = "default";
  Instant policy_set_at{};
  BookPhase phase;
  std::map<std::string, double> thresholds;
  PolicyValues values;  // The defaults with `thresholds`.
  std::int64_t buyers = 0;
  std::int64_t declared_products = 0;
  std::int64_t holdings = 0;
  std::int64_t counted_holdings = 0;
  std::optional<Day> activity_day;
  std::string quarter;                         // The one running; empty: none yet.
  std::map<std::int32_t, YearTarget> targets;  // By year.
};

[[nodiscard]] std::string Encode(const ClientRecord& client);
[[nodiscard]] Result<ClientRecord> DecodeClient(std::string_view bytes);
[[nodiscard]] std::string Encode(const BookRecord& book);
[[nodiscard]] Result<BookRecord> DecodeBook(std::string_view bytes);

[[nodiscard]] inline Day DayOf(Instant at) { return std::chrono::floor<std::chrono::days>(at); }

}  // namespace mainstay::segmentation
