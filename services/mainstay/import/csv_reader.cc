#include "csv_reader.h"

#include <utility>

#include "text_file.h"

namespace mainstay::import {
namespace {

constexpr std::size_t kMaxRowBytes = 1 << 20;

struct Span {
  std::size_t begin = 0;
  std::size_t size = 0;
  std::uint32_t column = 0;
};

}  // namespace

struct CsvReader::State {
  std::unique_ptr<TextFile> file;
  std::string path;
  std::uint64_t line = 0;
  std::string text;         // The unquoted fields of the row, one after the other.
  std::vector<Span> spans;  // Where each field lies in `text`.

  Result<bool> ParseRow(std::string_view physical);
  Error Unclosed() const {
    return {ErrorCode::kInvalidArgument,
            Recovery::kStopTask,
            path + " line " + std::to_string(line) + ": a quote is opened and never closed",
            {}};
  }
};

// Parses one row that begins on `physical`; reads further lines while a quote is open.
Result<bool> CsvReader::State::ParseRow(std::string_view physical) {
  std::size_t i = 0;
  for (;;) {
    Span span{text.size(), 0, static_cast<std::uint32_t>(i + 1)};
    if (i < physical.size() && physical[i] == '"') {
      ++i;
      for (;;) {
        if (i >= physical.size()) {
          if (text.size() > kMaxRowBytes) return tl::unexpected(Unclosed());
          MAINSTAY_TRY_ASSIGN(more, file->NextLine(physical));
          if (!more) return tl::unexpected(Unclosed());
          text.push_back('\n');
          i = 0;
        } else if (physical[i] != '"') {
          text.push_back(physical[i++]);
        } else if (i + 1 < physical.size() && physical[i + 1] == '"') {
          text.push_back('"');
          i += 2;
        } else {
          ++i;
          break;
        }
      }
    }
    const std::size_t comma = std::min(physical.find(',', i), physical.size());
    text.append(physical.substr(i, comma - i));
    span.size = text.size() - span.begin;
    spans.push_back(span);
    if (comma == physical.size()) return true;
    i = comma + 1;
  }
}

Result<std::unique_ptr<CsvReader>> CsvReader::Open(const std::string& path) {
  MAINSTAY_TRY_ASSIGN(file, TextFile::Open(path));
  auto state = std::make_unique<State>();
  state->file = std::move(file);
  state->path = path;
  return std::unique_ptr<CsvReader>(new CsvReader(std::move(state)));
}

CsvReader::CsvReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
CsvReader::~CsvReader() = default;

Result<bool> CsvReader::Next(std::vector<CsvField>& fields) {
  std::string_view physical;
  do {
    MAINSTAY_TRY_ASSIGN(more, state_->file->NextLine(physical));
    if (!more) return false;
  } while (physical.empty());
  state_->line = state_->file->line_number();
  if (state_->line == 1 && physical.starts_with("\xef\xbb\xbf")) physical.remove_prefix(3);  // byte order mark
  state_->text.clear();
  state_->spans.clear();
  MAINSTAY_TRY(state_->ParseRow(physical));
  fields.clear();
  for (const Span& span : state_->spans) {
    fields.push_back({std::string_view(state_->text).substr(span.begin, span.size), span.column});
  }
  return true;
}

std::uint64_t CsvReader::line() const { return state_->line; }

}  // namespace mainstay::import
