#include "reader.h"

#include <limits>

#include "text.h"

namespace mainstay::wire {

void Reader::Refuse(std::string_view field, std::string why, int index) {
  if (error_) return;
  std::string path = "data";
  const auto append = [&path](const Step& step) {
    path += '.';
    path += step.name;
    if (step.index >= 0) path += '[' + std::to_string(step.index) + ']';
  };
  for (std::size_t i = 0; i < depth_; ++i) append(path_.at(i));
  append({field, index});
  std::string message = path + ' ' + why;
  error_ = Error{ErrorCode::kInvalidArgument, Recovery::kStopTask, std::move(message), std::move(path)};
}

void Reader::CheckId(std::string_view field, std::string_view text, int index) {
  if (std::string why = WhyNoId(text); !why.empty()) Refuse(field, std::move(why), index);
}

void Reader::RefuseEnum(std::string_view field, int value) {
  Refuse(field, value == 0 ? "is missing" : "has the unknown value " + std::to_string(value));
}

void Reader::RefuseRange(std::string_view field, double value, double min, double max) {
  if (max < static_cast<double>(std::numeric_limits<std::int32_t>::max())) {
    Refuse(field, "is " + Shown(value) + "; it must be from " + Shown(min) + " to " + Shown(max));
  } else if (min == 0) {
    Refuse(field, "is " + Shown(value) + "; it must not be negative");
  } else {
    Refuse(field, "is " + Shown(value) + "; it must be a finite number");
  }
}

std::string Reader::RequiredText(std::string_view field, const std::string& text) {
  if (text.empty()) Refuse(field, "is missing");
  return text;
}

std::optional<std::string> Reader::OptionalZone(std::string_view field, bool has, const std::string& text) {
  if (!has) return std::nullopt;
  CheckId(field, text);
  return text;
}

Day Reader::RequiredDay(std::string_view field, const std::string& text, int index) {
  const Result<Day> day = ParseDay(text);
  if (day) return *day;
  Refuse(field, text.empty() ? "is missing" : "is " + Quoted(text) + ", not a date such as 2026-01-05", index);
  return {};
}

std::optional<Day> Reader::OptionalDay(std::string_view field, bool has, const std::string& text) {
  if (!has) return std::nullopt;
  return RequiredDay(field, text);
}

std::vector<Day> Reader::Days(std::string_view field, const Texts& texts) {
  std::vector<Day> days;
  days.reserve(static_cast<std::size_t>(texts.size()));
  for (int i = 0; i < texts.size(); ++i) days.push_back(RequiredDay(field, texts.Get(i), i));
  return days;
}

Instant Reader::RequiredInstant(std::string_view field, const std::string& text) {
  const Result<Instant> at = ParseInstant(text);
  if (at) return *at;
  Refuse(field, text.empty() ? "is missing" : "is " + Quoted(text) + ", not a time such as 2026-01-05T09:00:00Z");
  return {};
}

std::optional<Instant> Reader::OptionalInstant(std::string_view field, bool has, const std::string& text) {
  if (!has) return std::nullopt;
  return RequiredInstant(field, text);
}

Money Reader::Amount(std::string_view field, const pb::Money& money, Sign sign) {
  const Result<Money> amount = ParseMoney(money.amount());
  if (!amount) {
    const Inside inside(*this, field);
    Refuse("amount", money.amount().empty() ? "is missing"
                                            : "is " + Quoted(money.amount()) +
                                                  ", not an amount such as 139.12 with at most four decimals");
    return {};
  }
  const bool allowed = sign == Sign::kAny || *amount > Money{} || (sign == Sign::kNotNegative && *amount == Money{});
  if (!allowed) {
    const Inside inside(*this, field);
    const char* const limit = sign == Sign::kPositive ? "be above 0" : "not be negative";
    Refuse("amount", "is " + money.amount() + "; it must " + limit);
  }
  return *amount;
}

MoneyAmount Reader::RequiredMoney(std::string_view field, bool has, const pb::Money& money, Sign sign) {
  if (!has) {
    Refuse(field, "is missing");
    return {};
  }
  MoneyAmount result;
  result.money = MoneyIn(field, has, money, sign, result.currency);
  return result;
}

std::optional<MoneyAmount> Reader::OptionalMoney(std::string_view field, bool has, const pb::Money& money, Sign sign) {
  if (!has) return std::nullopt;
  return RequiredMoney(field, has, money, sign);
}

Money Reader::MoneyIn(std::string_view field, bool has, const pb::Money& money, Sign sign, Currency& currency) {
  if (!has) {
    Refuse(field, "is missing");
    return {};
  }
  if (money.currency() != currency.raw() || currency.raw().empty()) {
    const Inside inside(*this, field);
    const Result<Currency> parsed = ParseCurrency(money.currency());
    if (money.currency().empty()) {
      Refuse("currency", "is missing; money needs an ISO 4217 code such as GBP");
    } else if (!parsed) {
      Refuse("currency", "is " + Quoted(money.currency()) + ", not an ISO 4217 code such as GBP");
    } else if (!currency.raw().empty()) {
      Refuse("currency", "is " + money.currency() + ", but other money of this event is in " + currency.raw() +
                             "; one event has one currency");
    } else {
      currency = *parsed;
    }
  }
  return Amount(field, money, sign);
}

void WriteMoney(Money money, const Currency& currency, pb::Money* to) {
  to->set_amount(FormatMoney(money, currency));
  to->set_currency(currency.raw());
}

}  // namespace mainstay::wire
