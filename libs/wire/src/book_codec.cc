#include <limits>

#include "in_codec.h"
#include "text.h"

namespace mainstay::wire {
namespace {

constexpr std::int64_t kMax64 = std::numeric_limits<std::int64_t>::max();
constexpr std::uint8_t kMondayToFriday = 0b001'1111;

// "HH:MM" as minutes after midnight.
std::int32_t ReadTimeOfDay(Reader& reader, std::string_view field, const std::string& text) {
  const auto digit = [&text](std::size_t i) { return text[i] >= '0' && text[i] <= '9' ? text[i] - '0' : 100; };
  if (text.size() == 5 && text[2] == ':') {
    const int hour = digit(0) * 10 + digit(1);
    const int minute = digit(3) * 10 + digit(4);
    if (hour < 24 && minute < 60) return hour * 60 + minute;
  }
  reader.Refuse(field, text.empty() ? "is missing" : "is " + Quoted(text) + ", not a time of day such as 08:30");
  return 0;
}

std::string FormatTimeOfDay(std::int32_t minutes) {
  const auto two_digits = [](std::int32_t number) {
    return std::string{static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
  };
  return two_digits(minutes / 60) + ':' + two_digits(minutes % 60);
}

}  // namespace

static_assert(pb::RepSet::SALES == ProtoEnum<pb::RepSet::Role>(BookRole::kSales));
static_assert(pb::RepSet::SUPPORT == ProtoEnum<pb::RepSet::Role>(BookRole::kSupport));
static_assert(pb::RepSet::MANAGER == ProtoEnum<pb::RepSet::Role>(BookRole::kManager));

void Read(Reader& reader, const pb::ProductCatalogued& from, ProductCatalogued* to) {
  to->product = reader.RequiredId<ProductId>("productId", from.product_id());
  if (from.has_name()) to->name = from.name();
  to->price = reader.OptionalMoney("price", from.has_price(), from.price(), Reader::Sign::kNotNegative);
  to->tags.assign(from.tags().begin(), from.tags().end());
}

void Write(const ProductCatalogued& from, pb::ProductCatalogued* to) {
  to->set_product_id(from.product.raw());
  if (from.name) to->set_name(*from.name);
  if (from.price) WriteMoney(*from.price, to->mutable_price());
  for (const std::string& tag : from.tags) to->add_tags(tag);
}

void Read(Reader& reader, const pb::PolicySet& from, PolicySet* to) {
  if (from.has_tiers()) {
    const Result<TierPolicy> tiers = ParseTierPolicy(from.tiers());
    if (tiers) {
      to->tiers = *tiers;
    } else {
      reader.Refuse("tiers", "is wrong: " + tiers.error().message);
    }
  }
  for (const auto& [name, value] : from.thresholds()) to->thresholds.emplace(name, value);
  for (const auto& [name, value] : to->thresholds) {  // Sorted, so the first error is always the same one.
    const Reader::Inside inside(reader, "thresholds");
    if (name.empty()) reader.Refuse("", "has no name");
    (void)reader.RequiredNumber<double>(name, true, value, -kFinite, kFinite);
  }
  to->credit_rate = reader.OptionalNumber<double>("creditRate", from.has_credit_rate(), from.credit_rate(), 0, 1);
  if (from.has_currency()) {
    const Result<Currency> currency = ParseCurrency(from.currency());
    if (!currency) reader.Refuse("currency", "is " + Quoted(from.currency()) + ", not an ISO 4217 code such as GBP");
    to->currency = currency.value_or(Currency{});
  }
  to->potential_horizon_years = reader.OptionalNumber<std::int32_t>(
      "potentialHorizonYears", from.has_potential_horizon_years(), from.potential_horizon_years(), 1, 100);
  to->risk_horizon_days = reader.OptionalNumber<std::int32_t>("riskHorizonDays", from.has_risk_horizon_days(),
                                                              from.risk_horizon_days(), 1, 36500);
}

void Write(const PolicySet& from, pb::PolicySet* to) {
  if (from.tiers) to->set_tiers(FormatTierPolicy(*from.tiers));
  for (const auto& [name, value] : from.thresholds) (*to->mutable_thresholds())[name] = value;
  if (from.credit_rate) to->set_credit_rate(*from.credit_rate);
  if (from.currency) to->set_currency(from.currency->raw());
  if (from.potential_horizon_years) to->set_potential_horizon_years(*from.potential_horizon_years);
  if (from.risk_horizon_days) to->set_risk_horizon_days(*from.risk_horizon_days);
}

void Read(Reader& reader, const pb::TargetSet& from, TargetSet* to) {
  to->year = reader.RequiredNumber<std::int32_t>("year", from.year() != 0, from.year(), 1900, 9999);
  to->amount = reader.RequiredMoney("amount", from.has_amount(), from.amount(), Reader::Sign::kNotNegative);
  to->paying_clients =
      reader.OptionalNumber<std::int64_t>("payingClients", from.has_paying_clients(), from.paying_clients(), 0, kMax64);
}

void Write(const TargetSet& from, pb::TargetSet* to) {
  to->set_year(from.year);
  WriteMoney(from.amount, to->mutable_amount());
  if (from.paying_clients) to->set_paying_clients(*from.paying_clients);
}

void Read(Reader& reader, const pb::CalendarSet& from, CalendarSet* to) {
  to->time_zone = reader.OptionalZone("timeZone", from.has_time_zone(), from.time_zone());
  unsigned days = 0;
  for (int i = 0; i < from.working_days_size(); ++i) {
    const int day = from.working_days(i);
    if (day < pb::CalendarSet::MONDAY || day > pb::CalendarSet::SUNDAY) {
      reader.Refuse("workingDays", "is no day of the week", i);
      return;
    }
    days |= 1U << (day - pb::CalendarSet::MONDAY);
  }
  to->working_days = days == 0 ? kMondayToFriday : static_cast<std::uint8_t>(days);
  to->holidays = reader.Days("holidays", from.holidays());
}

void Write(const CalendarSet& from, pb::CalendarSet* to) {
  if (from.time_zone) to->set_time_zone(*from.time_zone);
  for (int day = 0; day < 7; ++day) {
    if ((from.working_days >> day & 1) != 0) {
      to->add_working_days(static_cast<pb::CalendarSet::Weekday>(pb::CalendarSet::MONDAY + day));
    }
  }
  for (const Day day : from.holidays) to->add_holidays(FormatDay(day));
}

void Read(Reader& reader, const pb::RepSet& from, RepSet* to) {
  to->rep = reader.RequiredId<RepId>("repId", from.rep_id());
  if (from.has_name()) to->name = from.name();
  to->role = reader.RequiredEnum("role", from.role(), BookRole::kManager);
  to->minutes_per_week = reader.OptionalNumber<std::int32_t>("minutesPerWeek", from.has_minutes_per_week(),
                                                             from.minutes_per_week(), 0, 7 * 24 * 60);
  to->time_zone = reader.OptionalZone("timeZone", from.has_time_zone(), from.time_zone());
  if (from.has_quiet_hours()) {
    const Reader::Inside inside(reader, "quietHours");
    QuietHours& hours = to->quiet_hours.emplace();
    hours.from_minute = ReadTimeOfDay(reader, "from", from.quiet_hours().from());
    hours.to_minute = ReadTimeOfDay(reader, "to", from.quiet_hours().to());
  }
  if (from.has_email()) to->email = from.email();
}

void Write(const RepSet& from, pb::RepSet* to) {
  to->set_rep_id(from.rep.raw());
  if (from.name) to->set_name(*from.name);
  to->set_role(ProtoEnum<pb::RepSet::Role>(from.role));
  if (from.minutes_per_week) to->set_minutes_per_week(*from.minutes_per_week);
  if (from.time_zone) to->set_time_zone(*from.time_zone);
  if (from.quiet_hours) {
    to->mutable_quiet_hours()->set_from(FormatTimeOfDay(from.quiet_hours->from_minute));
    to->mutable_quiet_hours()->set_to(FormatTimeOfDay(from.quiet_hours->to_minute));
  }
  if (from.email) to->set_email(*from.email);
}

void Read(Reader& reader, const pb::ImportStarted& from, ImportStarted* to) {
  to->import_id = reader.RequiredId<ImportId>("importId", from.import_id());
  to->files.assign(from.files().begin(), from.files().end());
}

void Write(const ImportStarted& from, pb::ImportStarted* to) {
  to->set_import_id(from.import_id.raw());
  for (const std::string& file : from.files) to->add_files(file);
}

void Read(Reader& reader, const pb::ImportFinished& from, ImportFinished* to) {
  to->import_id = reader.RequiredId<ImportId>("importId", from.import_id());
  to->files.assign(from.files().begin(), from.files().end());
}

void Write(const ImportFinished& from, pb::ImportFinished* to) {
  to->set_import_id(from.import_id.raw());
  for (const std::string& file : from.files) to->add_files(file);
}

}  // namespace mainstay::wire
