#include "mainstay/notification/filter.h"

#include <algorithm>
#include <array>
#include <utility>

namespace mainstay::notification {
namespace {

constexpr std::string_view kTypePrefix = "mainstay.";
constexpr std::array<std::string_view, 4> kTiers = {"A", "B", "C", "NONE"};
constexpr std::array<std::string_view, 3> kLevels = {"LOW", "ELEVATED", "HIGH"};

// nullptr: no such attribute.
std::string_view EventAttributes::*AttributeNamed(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view EventAttributes::*>, 10> kNames = {{
      {"id", &EventAttributes::id},
      {"source", &EventAttributes::source},
      {"type", &EventAttributes::type},
      {"subject", &EventAttributes::client},
      {"client", &EventAttributes::client},
      {"partitionkey", &EventAttributes::book},
      {"book", &EventAttributes::book},
      {"tier", &EventAttributes::tier},
      {"level", &EventAttributes::level},
      {"owner", &EventAttributes::owner},
  }};
  const auto* found =
      std::find_if(kNames.begin(), kNames.end(), [&](const auto& entry) { return entry.first == name; });
  return found == kNames.end() ? nullptr : found->second;
}

Result<void> CheckValue(const std::string& field, std::string_view value) {
  if (value.empty()) return InvalidField(field, "is empty");
  if (value.size() > kMaxFilterValueBytes) return InvalidField(field, "is longer than 256 bytes");
  const bool control = std::any_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
  if (control) return InvalidField(field, "contains a control character");
  return {};
}

// A pattern that can match no event of ours is a mistake of its writer, who would wait for events in vain.
Result<void> CheckTypePattern(const std::string& field, std::string_view pattern) {
  MAINSTAY_TRY(CheckValue(field, pattern));
  const bool known = std::all_of(pattern.begin(), pattern.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-' || c == '*';
  });
  if (!known)
    return InvalidField(field, "an event type has only letters, digits, '.', '_', '-' and * for any characters");
  const std::string_view literal = pattern.substr(0, pattern.find('*'));
  const std::size_t shared = std::min(literal.size(), kTypePrefix.size());
  const bool possible = literal.substr(0, shared) == kTypePrefix.substr(0, shared) &&
                        (literal.size() != pattern.size() || literal.size() > kTypePrefix.size());
  if (!possible) return InvalidField(field, "matches no event: types start with \"mainstay.\", as in mainstay.risk.*");
  return {};
}

template <std::size_t N>
Result<void> CheckOneOf(const std::string& field, std::string_view value,
                        const std::array<std::string_view, N>& allowed) {
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return {};
  std::string names;
  for (const std::string_view name : allowed) names += (names.empty() ? "" : ", ") + std::string(name);
  return InvalidField(field, "is none of " + names);
}

template <class Check>
Result<void> CheckList(const std::string& name, const std::vector<std::string>& list, Check check) {
  if (list.size() > kMaxFilterEntries) return InvalidField(name, "has more than 256 entries");
  for (std::size_t i = 0; i < list.size(); ++i) MAINSTAY_TRY(check(name + "[" + std::to_string(i) + "]", list[i]));
  return {};
}

bool ComparesAttributes(std::string_view dialect) {
  return dialect == "exact" || dialect == "prefix" || dialect == "suffix";
}
bool CombinesChildren(std::string_view dialect) { return dialect == "all" || dialect == "any" || dialect == "not"; }

Result<void> CheckComparison(const std::string& field, const ExpressionSpec& expression) {
  if (!expression.children.empty()) return InvalidField(field + ".children", "only all, any and not have children");
  if (expression.attributes.empty()) return InvalidField(field + ".attributes", "is empty");
  if (expression.attributes.size() > kMaxExpressionNodes)
    return InvalidField(field + ".attributes", "has too many entries");
  for (std::size_t i = 0; i < expression.attributes.size(); ++i) {
    const std::string entry = field + ".attributes[" + std::to_string(i) + "]";
    if (AttributeNamed(expression.attributes[i].name) == nullptr) {
      return InvalidField(entry + ".name", "is none of id, source, type, subject, partitionkey, tier, level, owner");
    }
    MAINSTAY_TRY(CheckValue(entry + ".value", expression.attributes[i].value));
  }
  return {};
}

Result<void> CheckExpression(const std::string& field, const ExpressionSpec& expression, std::size_t depth,
                             std::size_t& nodes) {
  if (depth > kMaxExpressionDepth) return InvalidField(field, "is nested more than 8 deep");
  if (++nodes > kMaxExpressionNodes) return InvalidField("expressions", "have more than 64 nodes");
  if (ComparesAttributes(expression.dialect)) return CheckComparison(field, expression);
  if (!CombinesChildren(expression.dialect)) {
    return InvalidField(field + ".dialect", "is none of exact, prefix, suffix, all, any, not");
  }
  if (!expression.attributes.empty()) {
    return InvalidField(field + ".attributes", "only exact, prefix and suffix have attributes");
  }
  if (expression.children.empty()) return InvalidField(field + ".children", "is empty");
  if (expression.dialect == "not" && expression.children.size() != 1) {
    return InvalidField(field + ".children", "\"not\" has exactly one child");
  }
  for (std::size_t i = 0; i < expression.children.size(); ++i) {
    MAINSTAY_TRY(
        CheckExpression(field + ".children[" + std::to_string(i) + "]", expression.children[i], depth + 1, nodes));
  }
  return {};
}

void SortUnique(std::vector<std::string>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

bool Lists(const std::vector<std::string>& list, std::string_view value) {
  return list.empty() || (!value.empty() && std::find(list.begin(), list.end(), value) != list.end());
}

bool MatchesAttribute(std::string_view dialect, std::string_view actual, std::string_view wanted) {
  if (actual.empty()) return false;
  if (dialect == "exact") return actual == wanted;
  return dialect == "prefix" ? actual.starts_with(wanted) : actual.ends_with(wanted);
}

bool MatchesExpression(const ExpressionSpec& expression, const EventAttributes& event) {
  const auto child = [&](const ExpressionSpec& inner) { return MatchesExpression(inner, event); };
  if (expression.dialect == "all") return std::all_of(expression.children.begin(), expression.children.end(), child);
  if (expression.dialect == "any") return std::any_of(expression.children.begin(), expression.children.end(), child);
  if (expression.dialect == "not") return !child(expression.children.front());
  return std::all_of(expression.attributes.begin(), expression.attributes.end(), [&](const auto& attribute) {
    return MatchesAttribute(expression.dialect, event.*AttributeNamed(attribute.name), attribute.value);
  });
}

}  // namespace

Result<Filter> Filter::Parse(const FilterSpec& spec) {
  const auto tier = [](const std::string& field, std::string_view value) { return CheckOneOf(field, value, kTiers); };
  const auto level = [](const std::string& field, std::string_view value) { return CheckOneOf(field, value, kLevels); };
  MAINSTAY_TRY(CheckList("types", spec.types, CheckTypePattern));
  MAINSTAY_TRY(CheckList("books", spec.books, CheckValue));
  MAINSTAY_TRY(CheckList("tiers", spec.tiers, tier));
  MAINSTAY_TRY(CheckList("levels", spec.levels, level));
  MAINSTAY_TRY(CheckList("owners", spec.owners, CheckValue));
  std::size_t nodes = 0;
  for (std::size_t i = 0; i < spec.expressions.size(); ++i) {
    MAINSTAY_TRY(CheckExpression("expressions[" + std::to_string(i) + "]", spec.expressions[i], 1, nodes));
  }
  FilterSpec checked = spec;
  for (auto* list : {&checked.types, &checked.books, &checked.tiers, &checked.levels, &checked.owners})
    SortUnique(*list);
  return Filter(std::move(checked));
}

bool MatchesGlob(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;  // Of the last * met, and how much of the text it has taken.
  std::size_t taken = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool Matches(const Filter& filter, const EventAttributes& event) {
  const FilterSpec& spec = filter.Format();
  const bool type = spec.types.empty() || std::any_of(spec.types.begin(), spec.types.end(), [&](const auto& pattern) {
                      return MatchesGlob(pattern, event.type);
                    });
  return type && Lists(spec.books, event.book) && Lists(spec.tiers, event.tier) && Lists(spec.levels, event.level) &&
         Lists(spec.owners, event.owner) &&
         std::all_of(spec.expressions.begin(), spec.expressions.end(),
                     [&](const auto& expression) { return MatchesExpression(expression, event); });
}

}  // namespace mainstay::notification
