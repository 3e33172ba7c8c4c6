#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <utility>

#include "json_codec.h"

namespace mainstay::wire {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

template <class N>
void AppendNumber(N number, std::string* out) {
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  out->append(buffer.data(), end);
}

void AppendDouble(double number, std::string* out) {
  if (number == 0 && std::signbit(number)) {
    *out += "-0.0";  // "-0" would be read back as an integer, without its sign.
  } else if (std::isfinite(number)) {
    AppendNumber(number, out);
  } else {
    *out += std::isnan(number) ? "\"NaN\"" : number > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  }
}

// A message with its reflection, which is asked for once and not at each field.
struct Reflected {
  explicit Reflected(const Message& of) : message(of), reflection(*of.GetReflection()) {}
  const Message& message;
  const Reflection& reflection;
};

// One value of a field; `index` < 0 for a field that is not repeated.
void AppendValue(const Reflected& of, const FieldDescriptor& field, int index, std::string* out) {
  const Message& message = of.message;
  const Reflection& reflection = of.reflection;
  const auto get = [&](auto one, auto of_list) {
    return index < 0 ? (reflection.*one)(message, &field) : (reflection.*of_list)(message, &field, index);
  };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string scratch;
      AppendJsonString(index < 0 ? reflection.GetStringReference(message, &field, &scratch)
                                 : reflection.GetRepeatedStringReference(message, &field, index, &scratch),
                       out);
      break;
    }
    case FieldDescriptor::CPPTYPE_INT32:
      AppendNumber(get(&Reflection::GetInt32, &Reflection::GetRepeatedInt32), out);
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      *out += '"';
      AppendNumber(get(&Reflection::GetInt64, &Reflection::GetRepeatedInt64), out);
      *out += '"';
      break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      AppendDouble(get(&Reflection::GetDouble, &Reflection::GetRepeatedDouble), out);
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      *out += get(&Reflection::GetBool, &Reflection::GetRepeatedBool) ? "true" : "false";
      break;
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int number = get(&Reflection::GetEnumValue, &Reflection::GetRepeatedEnumValue);
      const auto* value = field.enum_type()->FindValueByNumber(number);
      value != nullptr ? AppendJsonString(value->name(), out) : AppendNumber(number, out);
      break;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      AppendJson(
          index < 0 ? reflection.GetMessage(message, &field) : reflection.GetRepeatedMessage(message, &field, index),
          out);
      break;
    default: *out += "null"; break;
  }
}

void AppendMap(const Reflected& of, const FieldDescriptor& field, std::string* out) {
  std::map<std::string, const Message*> sorted;
  for (int i = 0; i < of.reflection.FieldSize(of.message, &field); ++i) {
    const Message& entry = of.reflection.GetRepeatedMessage(of.message, &field, i);
    sorted.emplace(entry.GetReflection()->GetString(entry, field.message_type()->map_key()), &entry);
  }
  *out += '{';
  bool first = true;
  for (const auto& [key, entry] : sorted) {
    if (!std::exchange(first, false)) *out += ',';
    AppendJsonString(key, out);
    *out += ':';
    AppendValue(Reflected(*entry), *field.message_type()->map_value(), -1, out);
  }
  *out += '}';
}

bool IsWritten(const Reflected& of, const FieldDescriptor& field) {
  if (field.is_repeated()) return of.reflection.FieldSize(of.message, &field) > 0;
  if (field.has_presence() || field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    return of.reflection.HasField(of.message, &field);
  }
  return true;
}

void AppendField(const Reflected& of, const FieldDescriptor& field, std::string* out) {
  AppendJsonString(field.json_name(), out);
  *out += ':';
  if (field.is_map()) {
    AppendMap(of, field, out);
  } else if (field.is_repeated()) {
    *out += '[';
    const int size = of.reflection.FieldSize(of.message, &field);
    for (int i = 0; i < size; ++i) {
      if (i > 0) *out += ',';
      AppendValue(of, field, i, out);
    }
    *out += ']';
  } else {
    AppendValue(of, field, -1, out);
  }
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  *out += '"';
  std::size_t plain = 0;  // What needs no escape is copied in one piece.
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (c != '"' && c != '\\' && byte >= 0x20) continue;
    out->append(text, plain, i - plain);
    plain = i + 1;
    if (byte >= 0x20) {
      *out += '\\';
      *out += c;
    } else {
      *out += "\\u00";
      *out += kHex[byte >> 4];
      *out += kHex[byte & 15];
    }
  }
  out->append(text, plain);
  *out += '"';
}

void AppendJson(const Message& message, std::string* out) {
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  const Reflected of(message);
  *out += '{';
  bool first = true;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (!IsWritten(of, field)) continue;
    if (!std::exchange(first, false)) *out += ',';
    AppendField(of, field, out);
  }
  *out += '}';
}

}  // namespace mainstay::wire
