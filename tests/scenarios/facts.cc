#include "facts.h"

#include <cmath>
#include <cstdlib>
#include <optional>
#include <vector>

namespace mainstay::scenarios {
namespace {

using Json = nlohmann::ordered_json;

struct Found {
  const Json* value = nullptr;
  std::string missing;  // Why there is none.
};

Json ValueOf(const std::string& text) {
  Json json = Json::parse(text, nullptr, false);
  return json.is_discarded() ? Json(text) : json;
}

std::string Shown(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

bool SameNumber(double a, double b) { return std::abs(a - b) <= 1e-9 * std::max(1.0, std::abs(b)); }

bool Same(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) return SameNumber(a.get<double>(), b.get<double>());
  return a == b;
}

std::size_t EndOfName(const std::string& path, std::size_t from) {
  const std::size_t end = path.find_first_of(".[", from);
  return end == std::string::npos ? path.size() : end;
}

Found Walk(const Json& from, const std::string& path);

Found Entry(const Json& list, const std::string& index) {
  if (!list.is_array()) return {nullptr, "is no list"};
  const std::size_t equals = index.find('=');
  if (equals == std::string::npos) {
    const long number = std::atol(index.c_str());
    const long size = static_cast<long>(list.size());
    const long at = number < 0 ? size + number : number;
    if (at < 0 || at >= size) return {nullptr, "has " + std::to_string(size) + " entries"};
    return {&list[static_cast<std::size_t>(at)], {}};
  }
  const Json wanted = ValueOf(index.substr(equals + 1));
  Found found{nullptr, "has no entry with " + index};
  for (const Json& entry : list) {
    const Found field = Walk(entry, index.substr(0, equals));
    if (field.value == nullptr || !Same(*field.value, wanted)) continue;
    if (found.value != nullptr) return {nullptr, "has several entries with " + index};
    found.value = &entry;
  }
  return found;
}

Found Walk(const Json& from, const std::string& path) {
  const Json* at = &from;
  for (std::size_t i = 0; i < path.size();) {
    if (path[i] == '.') ++i;
    const std::string before = path.substr(0, i);
    if (path[i] == '[') {
      const std::size_t end = path.find(']', i);
      if (end == std::string::npos) return {nullptr, "has no ]"};
      const Found entry = Entry(*at, path.substr(i + 1, end - i - 1));
      if (entry.value == nullptr) return {nullptr, "'" + before + "' " + entry.missing};
      at = entry.value;
      i = end + 1;
      continue;
    }
    const std::size_t end = EndOfName(path, i);
    const std::string name = path.substr(i, end - i);
    if (!at->is_object() || !at->contains(name)) return {nullptr, "there is no '" + path.substr(0, end) + "'"};
    at = &at->at(name);
    i = end;
  }
  return {at, {}};
}

// Half a unit of the last decimal written.
bool Near(const Json& value, const std::string& wanted) {
  if (!value.is_number()) return false;
  const std::size_t point = wanted.find('.');
  const double decimals = point == std::string::npos ? 0 : static_cast<double>(wanted.size() - point - 1);
  return std::abs(value.get<double>() - std::atof(wanted.c_str())) <= 0.5 * std::pow(10, -decimals) + 1e-12;
}

bool Contains(const Json& value, const Json& wanted) {
  if (value.is_string() && wanted.is_string()) {
    return value.get_ref<const std::string&>().find(wanted.get_ref<const std::string&>()) != std::string::npos;
  }
  if (!value.is_array()) return false;
  for (const Json& entry : value) {
    if (Same(entry, wanted)) return true;
  }
  return false;
}

// nullopt: no such operator.
std::optional<bool> Holds(const Json& value, const std::string& op, const std::string& text) {
  const Json wanted = ValueOf(text);
  if (op == "=") return Same(value, wanted);
  if (op == "!=") return !Same(value, wanted);
  if (op == "~") return Near(value, text);
  if (op == "contains") return Contains(value, wanted);
  if (op == "has") return value.is_array() && wanted.is_number() && Same(Json(value.size()), wanted);
  const bool numbers = value.is_number() && wanted.is_number();
  if (op == "<") return numbers && value.get<double>() < wanted.get<double>();
  if (op == "<=") return numbers && value.get<double>() <= wanted.get<double>();
  if (op == ">") return numbers && value.get<double>() > wanted.get<double>();
  if (op == ">=") return numbers && value.get<double>() >= wanted.get<double>();
  return std::nullopt;
}

}  // namespace

std::string CheckFact(const Json& answer, const std::string& fact) {
  std::size_t end = 0;
  for (int depth = 0; end < fact.size() && (fact[end] != ' ' || depth > 0); ++end) {
    if (fact[end] == '[') ++depth;
    if (fact[end] == ']') --depth;
  }
  const std::string path = fact.substr(0, end);
  const std::size_t op_at = fact.find_first_not_of(' ', end);
  if (op_at == std::string::npos) return "'" + fact + "' is no fact: PATH = VALUE";
  const std::size_t op_end = std::min(fact.find(' ', op_at), fact.size());
  const std::string op = fact.substr(op_at, op_end - op_at);
  const std::size_t value_at = fact.find_first_not_of(' ', op_end);
  const std::string text = value_at == std::string::npos ? std::string() : fact.substr(value_at);
  const Found found = Walk(answer, path);
  if (op == "absent") return found.value == nullptr ? "" : path + " is there: " + Shown(*found.value);
  if (found.value == nullptr) return found.missing;
  const auto holds = Holds(*found.value, op, text);
  if (!holds) return "'" + op + "' is no comparison";
  if (*holds) return "";
  const std::string size = op == "has" ? std::to_string(found.value->size()) + " entries: " : "";
  return path + " is " + size + Shown(*found.value);
}

}  // namespace mainstay::scenarios
