#include <charconv>
#include <optional>

#include "json_codec.h"

namespace mainstay::wire {
namespace {

// Walks over JSON text without building anything. Malformed text ends the walk early, never badly.
class Scanner {
 public:
  Scanner(std::string_view text, std::size_t at) : json_(text), at_(at) { SkipBlanks(); }
  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] char Peek() const { return at_ < json_.size() ? json_[at_] : '\0'; }

  bool Take(char expected) {
    if (Peek() != expected) return false;
    ++at_;
    SkipBlanks();
    return true;
  }

  // The raw text between the quotes of the string here.
  std::optional<std::string_view> TakeString() {
    if (Peek() != '"') return std::nullopt;
    const std::size_t begin = ++at_;
    while (at_ < json_.size() && json_[at_] != '"') at_ += json_[at_] == '\\' ? 2 : 1;
    if (at_ >= json_.size()) return std::nullopt;
    const std::string_view text = json_.substr(begin, at_ - begin);
    ++at_;
    SkipBlanks();
    return text;
  }

  bool SkipValue() {
    int depth = 0;
    do {
      const char c = Peek();
      if (c == '"') {
        if (!TakeString()) return false;
        continue;
      }
      if (c == '\0') return false;
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      ++at_;
      const bool scalar = depth == 0 && c != '}' && c != ']';
      while (scalar && std::string_view(",]}\0 \t\r\n", 8).find(Peek()) == std::string_view::npos) ++at_;
      SkipBlanks();
    } while (depth > 0);
    return depth == 0;
  }

 private:
  void SkipBlanks() {
    while (at_ < json_.size() && std::string_view(" \t\r\n").find(json_[at_]) != std::string_view::npos) ++at_;
  }

  std::string_view json_;
  std::size_t at_;
};

std::optional<std::size_t> Member(std::string_view text, std::size_t at, std::string_view name) {
  Scanner scanner(text, at);
  if (!scanner.Take('{')) return std::nullopt;
  do {
    const std::optional<std::string_view> key = scanner.TakeString();
    if (!key || !scanner.Take(':')) return std::nullopt;
    if (*key == name) return scanner.at();
    if (!scanner.SkipValue()) return std::nullopt;
  } while (scanner.Take(','));
  return std::nullopt;
}

std::optional<std::size_t> Element(std::string_view text, std::size_t at, std::size_t index) {
  Scanner scanner(text, at);
  if (!scanner.Take('[')) return std::nullopt;
  for (; index > 0; --index) {
    if (!scanner.SkipValue() || !scanner.Take(',')) return std::nullopt;
  }
  if (scanner.Peek() == ']') return std::nullopt;
  return scanner.at();
}

}  // namespace

std::size_t LocateJson(std::string_view text, std::string_view path) {
  std::size_t at = Scanner(text, 0).at();
  while (!path.empty()) {
    std::optional<std::size_t> next;
    if (path.front() == '[') {
      const std::size_t close = path.find(']');
      std::size_t index = 0;
      if (close == std::string_view::npos) break;
      if (std::from_chars(path.data() + 1, path.data() + close, index).ec != std::errc{}) break;
      next = Element(text, at, index);
      path.remove_prefix(close + 1);
    } else {
      const std::string_view name = path.substr(0, path.find_first_of(".["));
      next = Member(text, at, name);
      path.remove_prefix(name.size());
    }
    if (!next) break;
    at = *next;
    if (path.starts_with('.')) path.remove_prefix(1);
  }
  return at;
}

}  // namespace mainstay::wire
