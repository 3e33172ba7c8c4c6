// A scenario as text -> steps. The format is told in README.md; nothing here runs anything.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/result.h"

namespace mainstay::scenarios {

struct Line {
  int number = 0;  // 1-based, in the file.
  std::string text;
};

// One unindented line and the indented ones below it.
struct Step {
  int line = 0;
  std::string verb;                             // book, given, until, restart, act, expect
  std::vector<std::string> words;               // What follows the verb, without name=value pairs.
  std::map<std::string, std::string> settings;  // name=value pairs.
  std::vector<Line> body;
};

// Errors begin with the line: "12: what is wrong".
[[nodiscard]] Result<std::vector<Step>> ParseScenario(std::string_view text);

// Splits at blanks outside of quotes, brackets and braces.
[[nodiscard]] std::vector<std::string> SplitWords(std::string_view text);
// "name=value" -> its two halves; false if `word` is no such pair.
[[nodiscard]] bool SplitPair(const std::string& word, std::string& name, std::string& value);

}  // namespace mainstay::scenarios
