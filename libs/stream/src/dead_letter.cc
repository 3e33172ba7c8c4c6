#include "mainstay/stream/dead_letter.h"

#include <optional>

#include "mainstay/stream/key_builder.h"

namespace mainstay::stream {
namespace {

constexpr char kFormat = 1;

void AppendText(std::string& out, std::string_view text) {
  AppendOrderedInt64(out, static_cast<std::int64_t>(text.size()));
  out.append(text);
}

// Takes fields off the front; `ok` turns false for good when the bytes end early.
struct FieldReader {
  std::string_view rest;
  bool ok = true;

  std::int64_t Number() {
    if (!ok || rest.size() < 8) {
      ok = false;
      return 0;
    }
    const std::int64_t number = ReadOrderedInt64(rest);
    rest.remove_prefix(8);
    return number;
  }
  std::string Text() {
    const std::int64_t size = Number();
    if (!ok || size < 0 || static_cast<std::uint64_t>(size) > rest.size()) {
      ok = false;
      return {};
    }
    std::string text(rest.substr(0, static_cast<std::size_t>(size)));
    rest.remove_prefix(text.size());
    return text;
  }
};

}  // namespace

std::string EncodeDeadLetter(const DeadLetter& letter) {
  std::string out(1, kFormat);
  for (const std::int64_t number : {std::int64_t{letter.partition}, letter.offset, letter.ingest_ms, letter.at_ms}) {
    AppendOrderedInt64(out, number);
  }
  for (const std::string* text :
       {&letter.service, &letter.topic, &letter.code, &letter.field, &letter.reason, &letter.key, &letter.value}) {
    AppendText(out, *text);
  }
  return out;
}

Result<DeadLetter> DecodeDeadLetter(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != kFormat) return Fail(ErrorCode::kDataLoss, "not a dead letter of this format");
  FieldReader reader{bytes.substr(1)};
  DeadLetter letter;
  letter.partition = static_cast<std::int32_t>(reader.Number());
  letter.offset = reader.Number();
  letter.ingest_ms = reader.Number();
  letter.at_ms = reader.Number();
  for (std::string* text :
       {&letter.service, &letter.topic, &letter.code, &letter.field, &letter.reason, &letter.key, &letter.value}) {
    *text = reader.Text();
  }
  if (!reader.ok) return Fail(ErrorCode::kDataLoss, "a dead letter is cut short");
  return letter;
}

}  // namespace mainstay::stream
