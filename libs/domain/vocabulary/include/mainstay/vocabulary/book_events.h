// Facts about a book itself (types mainstay.book.*.v1, topic client-events, no client). Same conventions as
// client_events.h.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/vocabulary/event_ids.h"
#include "mainstay/vocabulary/ids.h"
#include "mainstay/vocabulary/money_amount.h"
#include "mainstay/vocabulary/policy.h"

namespace mainstay {

struct ProductCatalogued {
  ProductId product;
  std::optional<std::string> name;
  std::optional<MoneyAmount> price;  // >= 0
  std::vector<std::string> tags;
  friend bool operator==(const ProductCatalogued&, const ProductCatalogued&) = default;
};

struct PolicySet {  // Absent: unchanged.
  std::optional<TierPolicy> tiers;
  std::optional<Currency> currency;
  std::map<std::string, double> thresholds;             // By name; finite. Which names exist the services say.
  std::optional<double> credit_rate;                    // 0..1 of the margin.
  std::optional<std::int32_t> potential_horizon_years;  // 1..100
  std::optional<std::int32_t> risk_horizon_days;        // 1..36500; absent: each client's own.
  friend bool operator==(const PolicySet&, const PolicySet&) = default;
};

struct TargetSet {
  std::int32_t year = 0;                       // 1900..9999
  MoneyAmount amount;                          // >= 0
  std::optional<std::int64_t> paying_clients;  // >= 0
  friend bool operator==(const TargetSet&, const TargetSet&) = default;
};

struct CalendarSet {
  std::optional<std::string> time_zone;  // IANA name; absent: UTC.
  // Bit 0 Monday ... bit 6 Sunday; at least one. An event that names none means Monday to Friday.
  std::uint8_t working_days = 0b001'1111;
  std::vector<Day> holidays;
  friend bool operator==(const CalendarSet&, const CalendarSet&) = default;
};

// Owner of the clients that marketing looks after: in nobody's call plan.
inline const RepId kNurture{"nurture"};

enum class BookRole : std::uint8_t { kSales, kSupport, kManager };

struct QuietHours {  // Minutes after local midnight, 0..1439; `from` after `to` spans midnight.
  std::int32_t from_minute = 0;
  std::int32_t to_minute = 0;
  friend bool operator==(const QuietHours&, const QuietHours&) = default;
};

struct RepSet {
  RepId rep;
  std::optional<std::string> name;
  BookRole role = BookRole::kSales;
  std::optional<std::int32_t> minutes_per_week;  // 0..10080
  std::optional<std::string> time_zone;
  std::optional<QuietHours> quiet_hours;
  std::optional<std::string> email;
  friend bool operator==(const RepSet&, const RepSet&) = default;
};

struct ImportStarted {
  ImportId import_id;
  std::vector<std::string> files;
  friend bool operator==(const ImportStarted&, const ImportStarted&) = default;
};

struct ImportFinished {
  ImportId import_id;
  std::vector<std::string> files;
  friend bool operator==(const ImportFinished&, const ImportFinished&) = default;
};

}  // namespace mainstay
