// Reads file content as the import command does, and shows what it would publish.
#pragma once

#include <algorithm>
#include <fstream>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "import/readers.h"
#include "mainstay/testing/temporary_directory.h"
#include "mainstay/wire/in_event.h"

namespace mainstay::import {

class PreparedFile {
 public:
  using Reader = Result<void> (*)(const std::string&, std::uint32_t, const ReadOptions&, PreparedImport&);

  // Options: book "b", currency EUR, UTC.
  PreparedFile() {
    options.book = BookId{"b"};
    options.currency = "EUR";
  }

  // Reads `content` on top of nothing and sorts. The error's text is in `failure` if the file as a whole is refused.
  PreparedImport Read(Reader reader, const std::string& content) {
    PreparedImport prepared;
    const auto path = (directory_.path() / "file").string();
    std::ofstream(path, std::ios::binary) << content;
    const Result<void> read = reader(path, 0, options, prepared);
    failure = read ? std::string() : read.error().message;
    SortForPublishing(prepared);
    std::sort(prepared.errors.begin(), prepared.errors.end(), [](const RowError& a, const RowError& b) {
      return std::tie(a.place.line, a.place.column) < std::tie(b.place.line, b.place.column);
    });
    return prepared;
  }

  ReadOptions options;
  std::string failure;

 private:
  testing::TemporaryDirectory directory_;
};

inline std::vector<InEvent> Decoded(const PreparedImport& prepared) {
  std::vector<InEvent> events;
  for (const PreparedEvent& event : prepared.events) events.push_back(wire::DecodeInEvent(event.envelope).value());
  return events;
}

// What reaches the log, in its order; where the rows stood is no part of it.
inline std::vector<std::string> Published(const PreparedImport& prepared) {
  std::vector<std::string> bytes;
  for (const PreparedEvent& event : prepared.events) bytes.push_back(wire::EncodeEnvelope(event.envelope));
  return bytes;
}

inline std::vector<std::string> Ids(const PreparedImport& prepared) {
  std::vector<std::string> ids;
  for (const PreparedEvent& event : prepared.events) ids.push_back(event.envelope.id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

// "line:column reason" of each refused row.
inline std::vector<std::string> Refusals(const PreparedImport& prepared) {
  std::vector<std::string> texts;
  for (const RowError& error : prepared.errors) {
    texts.push_back(std::to_string(error.place.line) + ":" + std::to_string(error.place.column) + " " + error.reason);
  }
  return texts;
}

}  // namespace mainstay::import
