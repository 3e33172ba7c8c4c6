// Money: int64 in 1/10,000 of the currency. Overflow is refused, never wrapped.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mainstay/base/result.h"
#include "mainstay/base/strong_id.h"

namespace mainstay {

using Currency = StrongId<struct CurrencyTag, std::string>;  // ISO 4217 code, three capital letters.

class Money {
 public:
  static constexpr std::int64_t kUnitsPerWhole = 10'000;

  constexpr Money() = default;
  [[nodiscard]] static constexpr Money FromUnits(std::int64_t units) { return Money{units}; }
  [[nodiscard]] constexpr std::int64_t units() const { return units_; }

  friend auto operator<=>(const Money&, const Money&) = default;
  [[nodiscard]] constexpr Money operator-() const { return Money{-units_}; }

 private:
  explicit constexpr Money(std::int64_t units) : units_(units) {}
  std::int64_t units_ = 0;
};

// nullopt on overflow. |result| <= INT64_MAX, so negation is always safe.
[[nodiscard]] std::optional<Money> CheckedAdd(Money a, Money b);
[[nodiscard]] std::optional<Money> CheckedSubtract(Money a, Money b);
[[nodiscard]] std::optional<Money> CheckedMultiply(Money a, std::int64_t factor);

// For sums whose terms were admitted by the checked functions above. REQUIRES: no overflow (CHECK).
[[nodiscard]] Money operator+(Money a, Money b);
[[nodiscard]] Money operator-(Money a, Money b);
inline Money& operator+=(Money& a, Money b) { return a = a + b; }
inline Money& operator-=(Money& a, Money b) { return a = a - b; }

// money * factor, rounded half up (away from zero for the half) to 1/10,000; saturates at the range's end.
[[nodiscard]] Money ScaleHalfUp(Money money, double factor);

// "-12.5" -> units; at most four decimals, no exponent, no thousands separators. Error field: "amount".
[[nodiscard]] Result<Money> ParseMoney(std::string_view text);
// Shortest form with at least the currency's minor digits (22.20 GBP, 500 JPY) and at most four.
[[nodiscard]] std::string FormatMoney(Money money, const Currency& currency);
// Three capital letters. Error field: "currency".
[[nodiscard]] Result<Currency> ParseCurrency(std::string_view text);
// ISO 4217 minor digits: 2 unless the currency has another number (JPY 0, KWD 3 ...).
[[nodiscard]] int MinorDigits(const Currency& currency);

}  // namespace mainstay
