#include "mainstay/base/money.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "mainstay/base/check.h"

namespace mainstay {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

std::optional<Money> InRange(bool overflow, std::int64_t units) {
  if (overflow || units < -kMax) return std::nullopt;
  return Money::FromUnits(units);
}

tl::unexpected<Error> BadAmount(std::string_view text, const char* why) {
  return InvalidField("amount", "'" + std::string(text) + "' is not an amount such as 139.12: " + why);
}

}  // namespace

std::optional<Money> CheckedAdd(Money a, Money b) {
  std::int64_t units = 0;
  const bool overflow = __builtin_add_overflow(a.units(), b.units(), &units);
  return InRange(overflow, units);
}

std::optional<Money> CheckedSubtract(Money a, Money b) { return CheckedAdd(a, -b); }

std::optional<Money> CheckedMultiply(Money a, std::int64_t factor) {
  std::int64_t units = 0;
  const bool overflow = __builtin_mul_overflow(a.units(), factor, &units);
  return InRange(overflow, units);
}

Money operator+(Money a, Money b) {
  const std::optional<Money> sum = CheckedAdd(a, b);
  MAINSTAY_CHECK(sum.has_value(), "a sum of admitted money overflowed");
  return *sum;
}

Money operator-(Money a, Money b) { return a + -b; }

Money ScaleHalfUp(Money money, double factor) {
  const long double scaled = std::round(static_cast<long double>(money.units()) * factor);
  if (scaled >= static_cast<long double>(kMax)) return Money::FromUnits(kMax);
  if (scaled <= -static_cast<long double>(kMax)) return Money::FromUnits(-kMax);
  return Money::FromUnits(static_cast<std::int64_t>(scaled));
}

Result<Money> ParseMoney(std::string_view text) {
  std::string_view rest = text;
  const bool negative = !rest.empty() && rest.front() == '-';
  if (!rest.empty() && (rest.front() == '-' || rest.front() == '+')) rest.remove_prefix(1);
  std::int64_t units = 0;
  int decimals = -1;
  bool any_digit = false;
  for (const char c : rest) {
    if (c == '.' && decimals < 0) {
      decimals = 0;
      continue;
    }
    if (c < '0' || c > '9') return BadAmount(text, "only digits and one point");
    any_digit = true;
    if (decimals >= 4) {
      if (c != '0') return BadAmount(text, "at most four decimals");
      continue;
    }
    if (decimals >= 0) ++decimals;
    if (__builtin_mul_overflow(units, 10, &units) || __builtin_add_overflow(units, c - '0', &units)) {
      return BadAmount(text, "it is too large");
    }
  }
  if (!any_digit) return BadAmount(text, "no digits");
  for (int i = std::max(decimals, 0); i < 4; ++i) {
    if (__builtin_mul_overflow(units, 10, &units)) return BadAmount(text, "it is too large");
  }
  return Money::FromUnits(negative ? -units : units);
}

std::string FormatMoney(Money money, const Currency& currency) {
  const std::int64_t units = money.units();
  const auto magnitude = units < 0 ? 0 - static_cast<std::uint64_t>(units) : static_cast<std::uint64_t>(units);
  std::string fraction = std::to_string(magnitude % 10'000);
  fraction.insert(0, 4 - fraction.size(), '0');
  const auto minor = static_cast<std::size_t>(MinorDigits(currency));
  while (fraction.size() > minor && fraction.back() == '0') fraction.pop_back();
  std::string text = (units < 0 ? "-" : "") + std::to_string(magnitude / 10'000);
  if (!fraction.empty()) text += "." + fraction;
  return text;
}

Result<Currency> ParseCurrency(std::string_view text) {
  const bool ok =
      text.size() == 3 && std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!ok) return InvalidField("currency", "'" + std::string(text) + "' is not an ISO 4217 code such as GBP");
  return Currency{std::string(text)};
}

int MinorDigits(const Currency& currency) {
  static constexpr std::array<std::string_view, 16> kNone = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW",
                                                             "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF"};
  static constexpr std::array<std::string_view, 7> kThree = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};
  if (currency.raw() == "XPF" || std::find(kNone.begin(), kNone.end(), currency.raw()) != kNone.end()) return 0;
  if (std::find(kThree.begin(), kThree.end(), currency.raw()) != kThree.end()) return 3;
  return 2;
}

}  // namespace mainstay
