// Records in protobuf's wire format without message objects, for what is read and written with every event. The fields
// of a record are described once, in a function object that serves reading and writing:
//
//   constexpr auto kEventRef = [](auto& wire, auto& ref) {
//     wire.Value(1, ref.source);
//     wire.Value(2, ref.id);
//   };
//   std::string bytes = FieldWriter::Write(ref, kEventRef);
//   bool whole = FieldReader::Read(bytes, ref, kEventRef);
//
// Numbers ascend. As in proto3 a field that is zero or empty is left out, an optional one if it is not there; what
// nobody describes is skipped. By type: std::string and ids `string`; double `double`; Instant, Day and Money `sint64`
// (ms, days, units; `sint32` has the same bytes); bool, enumerations and integers `bool`, `uint32`, `int64`.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/money.h"
#include "mainstay/base/strong_id.h"
#include "mainstay/wire/wire_bytes.h"

namespace mainstay::wire {

enum class WireType : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2 };

namespace fields {

template <class T>
concept Number = std::integral<T> || std::is_enum_v<T>;

// What a varint holds of a value, and back.
[[nodiscard]] constexpr std::uint64_t ToVarint(Number auto value) { return static_cast<std::uint64_t>(value); }
[[nodiscard]] constexpr std::uint64_t ToVarint(Instant at) { return ZigZag(ToMs(at)); }
[[nodiscard]] constexpr std::uint64_t ToVarint(Day day) { return ZigZag(ToDayNumber(day)); }
[[nodiscard]] constexpr std::uint64_t ToVarint(Money money) { return ZigZag(money.units()); }
void FromVarint(std::uint64_t number, Number auto& to) {
  to = static_cast<std::remove_reference_t<decltype(to)>>(number);
}
inline void FromVarint(std::uint64_t number, Instant& to) { to = FromMs(FromZigZag(number)); }
inline void FromVarint(std::uint64_t number, Day& to) {
  to = FromDayNumber(static_cast<std::int32_t>(FromZigZag(number)));
}
inline void FromVarint(std::uint64_t number, Money& to) { to = Money::FromUnits(FromZigZag(number)); }

inline std::string_view Text(const std::string& text) { return text; }
template <class Tag>
std::string_view Text(const StrongId<Tag, std::string>& id) {
  return id.raw();
}
inline void FromText(std::string_view text, std::string& to) { to = text; }
template <class Tag>
void FromText(std::string_view text, StrongId<Tag, std::string>& to) {
  to = StrongId<Tag, std::string>(std::string(text));
}

template <class T>
concept Textual = requires(const T& value) {
  Text(value);
};

template <class T>
[[nodiscard]] constexpr WireType TypeOf() {
  if constexpr (Textual<T>) return WireType::kBytes;
  return std::same_as<T, double> ? WireType::kFixed64 : WireType::kVarint;
}

[[nodiscard]] constexpr std::uint64_t Tag(int field, WireType type) {
  return static_cast<std::uint64_t>(field) << 3 | static_cast<std::uint64_t>(type);
}

}  // namespace fields

class FieldWriter {
 public:
  template <class Record, class Describe>
  [[nodiscard]] static std::string Write(const Record& record, const Describe& describe) {
    FieldWriter writer;
    describe(writer, record);
    return std::string(writer.to_.bytes());  // As large as it is.
  }

  template <class T>
  void Value(int field, const T& value) {
    if constexpr (fields::Textual<T>) {
      if (!fields::Text(value).empty()) Put(field, value);
    } else if constexpr (std::same_as<T, double>) {
      if (std::bit_cast<std::uint64_t>(value) != 0) Put(field, value);
    } else {
      if (fields::ToVarint(value) != 0) Put(field, value);
    }
  }
  template <class T>
  void Value(int field, const std::optional<T>& value) {
    if (value) Put(field, *value);
  }
  // For a record whose own default is not the zero that is left out.
  template <class T>
  void ValueOrZero(int field, const T& value) {
    Value(field, value);
  }

  template <class Record, class Describe>
  void Message(int field, const Record& record, const Describe& describe, bool present = true) {
    if (present) Sized(field, [&] { describe(*this, record); });
  }
  template <class Record, class Describe>
  void Message(int field, const std::optional<Record>& record, const Describe& describe, bool present = true) {
    if (record) Message(field, *record, describe, present);
  }
  template <class Record, class Describe>
  void Each(int field, const std::vector<Record>& records, const Describe& describe) {
    for (const Record& record : records) Message(field, record, describe);
  }

  void Texts(int field, const std::vector<std::string_view>& texts) {
    for (const std::string_view text : texts) PutText(field, text);
  }
  // Packed: `write(to)` appends the values to a ByteWriter.
  template <class Write>
  void Packed(int field, const Write& write) {
    Sized(field, [&] { write(to_); });
  }

 private:
  template <class T>
  void Put(int field, const T& value) {
    if constexpr (fields::Textual<T>) {
      PutText(field, fields::Text(value));
    } else if constexpr (std::same_as<T, double>) {
      to_.Varint(fields::Tag(field, WireType::kFixed64));
      auto bits = std::bit_cast<std::uint64_t>(value);
      for (int i = 0; i < 8; ++i, bits >>= 8) to_.Byte(static_cast<char>(bits));
    } else {
      to_.Varint(fields::Tag(field, WireType::kVarint));
      to_.Varint(fields::ToVarint(value));
    }
  }
  void PutText(int field, std::string_view text) {
    to_.Varint(fields::Tag(field, WireType::kBytes));
    to_.Varint(text.size());
    to_.Bytes(text);
  }
  template <class Write>
  void Sized(int field, const Write& write) {
    to_.Varint(fields::Tag(field, WireType::kBytes));
    const std::size_t place = to_.size();
    to_.Byte(0);
    write();
    to_.SizeAt(place);
  }

  ByteWriter to_;
};

class FieldReader {
 public:
  // Fields that are not there leave the record as it is. False: the bytes are damaged.
  template <class Record, class Describe>
  [[nodiscard]] static bool Read(std::string_view bytes, Record& record, const Describe& describe) {
    FieldReader reader(bytes);
    for (; reader.tag_ != 0; reader.first_walk_ = false) {
      reader.took_ = false;
      describe(reader, record);
      if (!reader.took_ && reader.tag_ != 0) reader.SkipField();
    }
    return reader.whole_;
  }

  template <class T>
  void Value(int field, T& value) {
    while (Comes(field, fields::TypeOf<T>())) Take(value);
  }
  template <class T>
  void Value(int field, std::optional<T>& value) {
    while (Comes(field, fields::TypeOf<T>())) Take(value.emplace());
  }
  template <class T>
  void ValueOrZero(int field, T& value) {
    if (first_walk_) value = T{};
    Value(field, value);
  }

  template <class Record, class Describe>
  void Message(int field, Record& record, const Describe& describe, bool /*present*/ = true) {
    while (Comes(field, WireType::kBytes)) TakeMessage(record, describe);
  }
  template <class Record, class Describe>
  void Message(int field, std::optional<Record>& record, const Describe& describe, bool /*present*/ = true) {
    while (Comes(field, WireType::kBytes)) TakeMessage(record ? *record : record.emplace(), describe);
  }
  template <class Record, class Describe>
  void Each(int field, std::vector<Record>& records, const Describe& describe) {
    while (Comes(field, WireType::kBytes)) TakeMessage(records.emplace_back(), describe);
  }

  void Texts(int field, std::vector<std::string_view>& texts) {
    while (Comes(field, WireType::kBytes)) texts.push_back(TakeText());
  }
  // `read(values)` takes them out of a WireBytes; false: they are damaged.
  template <class Read>
  void Packed(int field, const Read& read) {
    while (Comes(field, WireType::kBytes)) {
      if (!read(WireBytes(TakeText()))) Damaged();
    }
  }

 private:
  explicit FieldReader(std::string_view bytes) : rest_(bytes) { NextTag(); }

  // Nothing is taken yet.
  [[nodiscard]] bool Comes(int field, WireType type) const { return tag_ == fields::Tag(field, type); }

  template <class T>
  void Take(T& value) {
    if constexpr (fields::Textual<T>) {
      fields::FromText(TakeText(), value);
    } else if constexpr (std::same_as<T, double>) {
      std::string_view bytes;
      if (!rest_.TakeBytes(8, &bytes)) return Damaged();
      std::uint64_t bits = 0;
      for (int i = 7; i >= 0; --i) bits = bits << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
      value = std::bit_cast<double>(bits);
      NextTag();
    } else {
      std::uint64_t number = 0;
      if (!rest_.TakeVarint(&number)) return Damaged();
      fields::FromVarint(number, value);
      NextTag();
    }
  }
  [[nodiscard]] std::string_view TakeText() {
    std::string_view text;
    if (rest_.TakeText(&text)) {
      NextTag();
    } else {
      Damaged();
    }
    return text;
  }
  template <class Record, class Describe>
  void TakeMessage(Record& record, const Describe& describe) {
    if (!Read(TakeText(), record, describe)) Damaged();
  }
  void SkipField() { rest_.Skip(tag_ & 7) ? NextTag() : Damaged(); }
  void NextTag() {
    took_ = true;
    tag_ = 0;
    if (!rest_.done() && (!rest_.TakeVarint(&tag_) || tag_ >> 3 == 0)) Damaged();
  }
  void Damaged() {
    whole_ = false;
    tag_ = 0;
  }

  WireBytes rest_;
  std::uint64_t tag_ = 0;  // Of the field that comes next; 0: none does.
  bool took_ = false;      // In this walk through the description.
  bool first_walk_ = true;
  bool whole_ = true;
};

// For descriptions that have to know: `kReads<decltype(wire)>`.
template <class Wire>
inline constexpr bool kReads = std::same_as<std::remove_cvref_t<Wire>, FieldReader>;

}  // namespace mainstay::wire
