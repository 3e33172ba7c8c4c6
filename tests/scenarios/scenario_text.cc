#include "scenario_text.h"

#include <set>

namespace mainstay::scenarios {
namespace {

const std::set<std::string> kVerbs = {"book", "given", "until", "restart", "act", "expect"};

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

Result<Step> ParseStep(int line, std::string_view text) {
  std::vector<std::string> words = SplitWords(text);
  Step step{line, words.front(), {}, {}, {}};
  if (!kVerbs.contains(step.verb)) {
    return Fail(ErrorCode::kInvalidArgument, std::to_string(line) + ": '" + step.verb + "' is no step");
  }
  for (std::size_t i = 1; i < words.size(); ++i) {
    std::string name;
    std::string value;
    if (SplitPair(words[i], name, value)) {
      step.settings[name] = value;
    } else {
      step.words.push_back(words[i]);
    }
  }
  return step;
}

}  // namespace

std::vector<std::string> SplitWords(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  int depth = 0;
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == '[' || c == '{')) ++depth;
    if (!quoted && (c == ']' || c == '}')) --depth;
    if (!IsBlank(c) || quoted || depth > 0) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

bool SplitPair(const std::string& word, std::string& name, std::string& value) {
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos || equals == 0) return false;
  name = word.substr(0, equals);
  value = word.substr(equals + 1);
  return true;
}

Result<std::vector<Step>> ParseScenario(std::string_view text) {
  std::vector<Step> steps;
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    ++number;
    const std::string_view content = Trim(line);
    if (content.empty() || content.front() == '#') continue;
    if (!IsBlank(line.front())) {
      MAINSTAY_TRY_ASSIGN(step, ParseStep(number, content));
      steps.push_back(std::move(step));
    } else if (steps.empty()) {
      return Fail(ErrorCode::kInvalidArgument, std::to_string(number) + ": an indented line belongs below a step");
    } else {
      steps.back().body.push_back({number, std::string(content)});
    }
  }
  return steps;
}

}  // namespace mainstay::scenarios
