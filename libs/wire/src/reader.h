// Reader: takes checked values out of decoded messages and remembers the first thing that is wrong, with the path
// of the field as its sender writes it. The path costs nothing while everything is right.
#pragma once

#include <google/protobuf/repeated_field.h>

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"
#include "mainstay/event/v1/value.pb.h"
#include "mainstay/vocabulary/money_amount.h"

namespace mainstay::wire {

namespace pb = ::mainstay::event::v1;

inline constexpr double kFinite = std::numeric_limits<double>::max();

class Reader {
 public:
  using Texts = google::protobuf::RepeatedPtrField<std::string>;

  // While it lives, fields are inside `name`, or inside element `index` of it.
  class Inside {
   public:
    Inside(Reader& reader, std::string_view name, int index = -1) : reader_(reader) {
      reader_.path_.at(reader_.depth_++) = {name, index};
    }
    ~Inside() { --reader_.depth_; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

   private:
    Reader& reader_;
  };

  [[nodiscard]] bool ok() const { return !error_.has_value(); }
  [[nodiscard]] Error TakeError() { return *std::move(error_); }

  // Remembers that `field` is wrong unless something was before. `why` goes on after the field's path.
  void Refuse(std::string_view field, std::string why, int index = -1);

  // Every value below is meaningless after a refusal.
  template <class Id>
  [[nodiscard]] Id RequiredId(std::string_view field, const std::string& text) {
    CheckId(field, text);
    return Id{text};
  }
  template <class Id>
  [[nodiscard]] std::optional<Id> OptionalId(std::string_view field, bool has, const std::string& text) {
    if (!has) return std::nullopt;
    return RequiredId<Id>(field, text);
  }
  template <class Id>
  [[nodiscard]] std::vector<Id> Ids(std::string_view field, const Texts& texts) {
    std::vector<Id> ids;
    ids.reserve(static_cast<std::size_t>(texts.size()));
    for (int i = 0; i < texts.size(); ++i) {
      CheckId(field, texts.Get(i), i);
      ids.emplace_back(texts.Get(i));
    }
    return ids;
  }
  // The values of E stand in the proto's order, which starts at 1 because 0 means that there is none.
  template <class E>
  [[nodiscard]] E RequiredEnum(std::string_view field, int value, E last) {
    if (value < 1 || value > static_cast<int>(last) + 1) RefuseEnum(field, value);
    return static_cast<E>(value - 1);
  }
  template <class E>
  [[nodiscard]] std::optional<E> OptionalEnum(std::string_view field, bool has, int value, E last) {
    if (!has) return std::nullopt;
    return RequiredEnum<E>(field, value, last);
  }
  template <class N>
  [[nodiscard]] std::optional<N> OptionalNumber(std::string_view field, bool has, N value, N min, N max) {
    if (!has) return std::nullopt;
    return RequiredNumber<N>(field, true, value, min, max);
  }
  template <class N>
  [[nodiscard]] N RequiredNumber(std::string_view field, bool has, N value, N min, N max) {
    if (!has) {
      Refuse(field, "is missing");
    } else if (!(value >= min && value <= max)) {  // Also false for a NaN.
      RefuseRange(field, static_cast<double>(value), static_cast<double>(min), static_cast<double>(max));
    }
    return value;
  }

  [[nodiscard]] std::string RequiredText(std::string_view field, const std::string& text);
  // The name of a time zone; whether there is such a zone only its user can say.
  [[nodiscard]] std::optional<std::string> OptionalZone(std::string_view field, bool has, const std::string& text);
  [[nodiscard]] Day RequiredDay(std::string_view field, const std::string& text, int index = -1);
  [[nodiscard]] std::optional<Day> OptionalDay(std::string_view field, bool has, const std::string& text);
  [[nodiscard]] std::vector<Day> Days(std::string_view field, const Texts& texts);
  [[nodiscard]] Instant RequiredInstant(std::string_view field, const std::string& text);
  [[nodiscard]] std::optional<Instant> OptionalInstant(std::string_view field, bool has, const std::string& text);

  enum class Sign : std::uint8_t { kAny, kNotNegative, kPositive };
  [[nodiscard]] MoneyAmount RequiredMoney(std::string_view field, bool has, const pb::Money& money, Sign sign);
  [[nodiscard]] std::optional<MoneyAmount> OptionalMoney(std::string_view field, bool has, const pb::Money& money,
                                                         Sign sign);
  // As RequiredMoney, in `currency` (set by the first call if still empty) because the whole event is in one.
  [[nodiscard]] Money MoneyIn(std::string_view field, bool has, const pb::Money& money, Sign sign, Currency& currency);

  void CheckId(std::string_view field, std::string_view text, int index = -1);

 private:
  struct Step {
    std::string_view name;
    int index = -1;
  };
  static constexpr std::size_t kMaxDepth = 8;

  void RefuseEnum(std::string_view field, int value);
  void RefuseRange(std::string_view field, double value, double min, double max);
  [[nodiscard]] Money Amount(std::string_view field, const pb::Money& money, Sign sign);

  std::array<Step, kMaxDepth> path_;
  std::size_t depth_ = 0;
  std::optional<Error> error_;
};

// The other direction.
void WriteMoney(Money money, const Currency& currency, pb::Money* to);
inline void WriteMoney(const MoneyAmount& amount, pb::Money* to) { WriteMoney(amount.money, amount.currency, to); }
// The proto's number of a domain enum, for its proto enum type P.
template <class P, class E>
[[nodiscard]] constexpr P ProtoEnum(E value) {
  return static_cast<P>(static_cast<int>(value) + 1);
}

}  // namespace mainstay::wire
