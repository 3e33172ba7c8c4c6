// The lines of every_event.jsonl: one event of every type of the catalogue, with every field set, in the very form
// that FormatCloudEvent writes.
#pragma once

#include <fstream>
#include <string>
#include <vector>

namespace mainstay::wire {

inline std::vector<std::string> EveryEvent() {
  std::ifstream file(MAINSTAY_SOURCE_DIR "/libs/wire/tests/every_event.jsonl");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

}  // namespace mainstay::wire
