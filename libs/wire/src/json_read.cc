#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "json_codec.h"
#include "text.h"

namespace mainstay::wire {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using nlohmann::json;

tl::unexpected<Error> Wrong(const std::string& path, const char* expected) {
  return InvalidField(path, path + " must be " + expected);
}

Result<double> ReadDouble(const json& value, const std::string& path) {
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc{} && end == text.data() + text.size() && std::isfinite(number)) return number;
  }
  return Wrong(path, "a number");
}

Result<std::int64_t> ReadInteger(const json& value, const std::string& path, std::int64_t min, std::int64_t max) {
  std::int64_t number = 0;
  bool whole = false;
  if (value.is_number_unsigned()) {
    const auto raw = value.get<std::uint64_t>();
    whole = raw <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    number = static_cast<std::int64_t>(raw);
  } else if (value.is_number_integer()) {
    whole = true;
    number = value.get<std::int64_t>();
  } else if (value.is_number_float()) {
    const double raw = value.get<double>();
    whole = std::trunc(raw) == raw && std::abs(raw) <= 0x1p53;
    if (whole) number = static_cast<std::int64_t>(raw);
  } else if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    whole = error == std::errc{} && end == text.data() + text.size() && !text.empty();
  }
  if (!whole) return Wrong(path, "a whole number");
  if (number < min || number > max) return InvalidField(path, path + " is too large a number");
  return number;
}

Result<int> ReadEnum(const json& value, const std::string& path, const FieldDescriptor& field) {
  const google::protobuf::EnumDescriptor& type = *field.enum_type();
  const google::protobuf::EnumValueDescriptor* found = nullptr;
  if (value.is_string()) {
    found = type.FindValueByName(value.get_ref<const std::string&>());
  } else if (value.is_number_integer()) {
    const auto number = value.get<std::int64_t>();
    if (number >= 0 && number < type.value_count()) found = type.FindValueByNumber(static_cast<int>(number));
  }
  if (found != nullptr) return found->number();
  std::string names;
  for (int i = 1; i < type.value_count(); ++i) names += (i == 1 ? "" : ", ") + type.value(i)->name();
  const std::string shown = value.is_string() ? "is " + Quoted(value.get_ref<const std::string&>()) + "; it " : "";
  return InvalidField(path, path + ' ' + shown + "must be one of " + names);
}

// Sets (or adds to, when repeated) one field of one message.
class FieldWriter {
 public:
  FieldWriter(Message* message, const FieldDescriptor& field)
      : message_(*message), reflection_(*message->GetReflection()), field_(field) {}

  [[nodiscard]] Result<void> Write(const json& value, const std::string& path) {
    switch (field_.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING: return WriteString(value, path);
      case FieldDescriptor::CPPTYPE_ENUM: return WriteEnum(value, path);
      case FieldDescriptor::CPPTYPE_DOUBLE: return WriteDouble(value, path);
      case FieldDescriptor::CPPTYPE_BOOL:
        if (!value.is_boolean()) return Wrong(path, "true or false");
        Put(&Reflection::SetBool, &Reflection::AddBool, value.get<bool>());
        return {};
      case FieldDescriptor::CPPTYPE_INT32: return WriteInt32(value, path);
      case FieldDescriptor::CPPTYPE_INT64: return WriteInt64(value, path);
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return ReadJson(value, path,
                        field_.is_repeated() ? reflection_.AddMessage(&message_, &field_)
                                             : reflection_.MutableMessage(&message_, &field_));
      default: break;
    }
    return Fail(ErrorCode::kInternal, path + " has a type that events never had");
  }

 private:
  using Reflection = google::protobuf::Reflection;

  template <class Set, class Add, class Value>
  void Put(Set set, Add add, Value value) {
    if (field_.is_repeated()) {
      (reflection_.*add)(&message_, &field_, std::move(value));
    } else {
      (reflection_.*set)(&message_, &field_, std::move(value));
    }
  }

  Result<void> WriteString(const json& value, const std::string& path) {
    if (!value.is_string()) return Wrong(path, "a text in quotes");
    Put(&Reflection::SetString, &Reflection::AddString, value.get<std::string>());
    return {};
  }
  Result<void> WriteEnum(const json& value, const std::string& path) {
    const Result<int> number = ReadEnum(value, path, field_);
    if (!number) return tl::unexpected(number.error());
    Put(&Reflection::SetEnumValue, &Reflection::AddEnumValue, *number);
    return {};
  }
  Result<void> WriteDouble(const json& value, const std::string& path) {
    const Result<double> number = ReadDouble(value, path);
    if (!number) return tl::unexpected(number.error());
    Put(&Reflection::SetDouble, &Reflection::AddDouble, *number);
    return {};
  }
  Result<void> WriteInt32(const json& value, const std::string& path) {
    const auto number = ReadInteger(value, path, INT32_MIN, INT32_MAX);
    if (!number) return tl::unexpected(number.error());
    Put(&Reflection::SetInt32, &Reflection::AddInt32, static_cast<std::int32_t>(*number));
    return {};
  }
  Result<void> WriteInt64(const json& value, const std::string& path) {
    const auto number = ReadInteger(value, path, INT64_MIN, INT64_MAX);
    if (!number) return tl::unexpected(number.error());
    Put(&Reflection::SetInt64, &Reflection::AddInt64, *number);
    return {};
  }

  Message& message_;
  const Reflection& reflection_;
  const FieldDescriptor& field_;
};

// A JSON object into a map field: every entry is a message of key (1) and value (2).
Result<void> ReadMap(const json& value, const std::string& path, const FieldDescriptor& field, Message* message) {
  if (!value.is_object()) return Wrong(path, "an object of names and values");
  const google::protobuf::Descriptor& entry_type = *field.message_type();
  for (const auto& [key, item] : value.items()) {
    Message* entry = message->GetReflection()->AddMessage(message, &field);
    entry->GetReflection()->SetString(entry, entry_type.map_key(), key);
    MAINSTAY_TRY(FieldWriter(entry, *entry_type.map_value()).Write(item, path + '.' + key));
  }
  return {};
}

Result<void> ReadList(const json& value, const std::string& path, const FieldDescriptor& field, Message* message) {
  if (!value.is_array()) return Wrong(path, "a list in square brackets");
  FieldWriter writer(message, field);
  for (std::size_t i = 0; i < value.size(); ++i) {
    MAINSTAY_TRY(writer.Write(value[i], path + '[' + std::to_string(i) + ']'));
  }
  return {};
}

}  // namespace

Result<void> ReadJson(const json& value, const std::string& path, Message* message) {
  if (!value.is_object()) return Wrong(path, "an object in curly brackets");
  const google::protobuf::Descriptor& type = *message->GetDescriptor();
  for (const auto& [name, item] : value.items()) {
    const FieldDescriptor* field = type.FindFieldByCamelcaseName(name);
    if (field == nullptr) field = type.FindFieldByName(name);
    if (field == nullptr || item.is_null()) continue;
    const std::string inside = path + '.' + field->json_name();
    if (field->is_map()) {
      MAINSTAY_TRY(ReadMap(item, inside, *field, message));
    } else if (field->is_repeated()) {
      MAINSTAY_TRY(ReadList(item, inside, *field, message));
    } else {
      MAINSTAY_TRY(FieldWriter(message, *field).Write(item, inside));
    }
  }
  return {};
}

}  // namespace mainstay::wire
