#include "mainstay/wire/cloud_event.h"
#include "readers.h"
#include "text_file.h"

namespace mainstay::import {
namespace {

bool IsBlank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

}  // namespace

Result<void> ReadEvents(const std::string& path, std::uint32_t file, PreparedImport& prepared) {
  MAINSTAY_TRY_ASSIGN(text, TextFile::Open(path));
  std::string_view line;
  for (;;) {
    MAINSTAY_TRY_ASSIGN(more, text->NextLine(line));
    if (!more) return {};
    if (IsBlank(line)) continue;
    ++prepared.rows;
    const RowPlace place{file, text->line_number(), 1};
    Result<wire::Envelope> envelope = wire::ParseCloudEvent(line);
    if (envelope) {
      AddChecked(prepared, {std::move(*envelope), wire::InTopic::kClientEvents, place, 1, std::string(line)});
      continue;
    }
    const Error& error = envelope.error();
    Reject(prepared, {file, place.line, static_cast<std::uint32_t>(wire::ErrorColumn(line, error))}, 1,
           Describe(error));
  }
}

}  // namespace mainstay::import
