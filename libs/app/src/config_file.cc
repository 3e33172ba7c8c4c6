#include "mainstay/app/config_file.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/text_format.h>

#include <fstream>
#include <sstream>

namespace mainstay::app {
namespace {

namespace pb = google::protobuf;

class Mistakes final : public pb::io::ErrorCollector {
 public:
  explicit Mistakes(std::string name) : name_(std::move(name)) {}
  void AddError(int line, pb::io::ColumnNumber column, const std::string& message) override {
    if (!text_.empty()) text_ += "; ";
    if (line >= 0) text_ += name_ + ":" + std::to_string(line + 1) + ":" + std::to_string(column + 1) + ": ";
    text_ += message;
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string name_;
  std::string text_;
};

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

// The value as text format wants it: strings in quotes, the rest as it is.
std::string Literal(const pb::FieldDescriptor& field, std::string_view value) {
  return field.cpp_type() == pb::FieldDescriptor::CPPTYPE_STRING ? Quoted(value) : std::string(value);
}

Result<std::string> AsText(const pb::FieldDescriptor& field, const std::string& value) {
  if (field.is_map()) {
    const std::size_t colon = value.find(':');
    if (colon == std::string::npos) return InvalidField(field.name(), field.name() + " takes key:value");
    return field.name() + " { key: " + Quoted(value.substr(0, colon)) + " value: " + Quoted(value.substr(colon + 1)) +
           " }";
  }
  if (field.cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE) {
    return InvalidField(field.name(), field.name() + " is a group of settings; set one of them");
  }
  if (!field.is_repeated()) return field.name() + ": " + Literal(field, value);
  std::string text;
  std::istringstream parts(value);
  for (std::string part; std::getline(parts, part, ',');) text += field.name() + ": " + Literal(field, part) + " ";
  return text;
}

}  // namespace

Result<void> MergeText(std::string_view text, const std::string& name, pb::Message& config) {
  Mistakes mistakes(name);
  pb::TextFormat::Parser parser;
  parser.RecordErrorsTo(&mistakes);
  pb::io::ArrayInputStream input(text.data(), static_cast<int>(text.size()));
  if (parser.Merge(&input, &config)) return {};
  return Fail(ErrorCode::kInvalidArgument, mistakes.text());
}

Result<void> MergeFile(const std::string& path, pb::Message& config) {
  std::ifstream file(path);
  std::stringstream text;
  if (!file || !(text << file.rdbuf())) return Fail(ErrorCode::kUnavailable, "cannot read the settings in " + path);
  return MergeText(text.str(), path, config);
}

Result<void> Override(const std::string& assignment, pb::Message& config) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string::npos) {
    return Fail(ErrorCode::kInvalidArgument, "--set takes field=value, not '" + assignment + "'");
  }
  const std::string name = assignment.substr(0, equals);
  pb::Message* owner = &config;
  const pb::FieldDescriptor* field = config.GetDescriptor()->FindFieldByName(name);
  const pb::FieldDescriptor* process = config.GetDescriptor()->FindFieldByName("process");
  if (field == nullptr && process != nullptr) {
    owner = config.GetReflection()->MutableMessage(&config, process);
    field = owner->GetDescriptor()->FindFieldByName(name);
  }
  if (field == nullptr) {
    return InvalidField(name, "there is no setting named " + name + "; --print-config shows all of them");
  }
  MAINSTAY_TRY_ASSIGN(text, AsText(*field, assignment.substr(equals + 1)));
  if (!field->is_map()) owner->GetReflection()->ClearField(owner, field);
  if (const auto merged = MergeText(text, "--set " + assignment, *owner); !merged) {
    return InvalidField(name, name + " does not take '" + assignment.substr(equals + 1) + "'");
  }
  return {};
}

std::string PrintText(const pb::Message& config) {
  std::string text;
  pb::TextFormat::PrintToString(config, &text);
  return text;
}

}  // namespace mainstay::app
