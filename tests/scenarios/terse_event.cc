#include "terse_event.h"

#include <array>
#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <regex>

#include "mainstay/wire/in_event.h"

namespace mainstay::scenarios {
namespace {

using Json = nlohmann::ordered_json;

tl::unexpected<Error> Wrong(std::string message) { return Fail(ErrorCode::kInvalidArgument, std::move(message)); }

// "{i}" -> "007", "{1000-i}" -> "993".
Result<std::string> FillIn(const std::string& text, long number, std::size_t width) {
  static const std::regex pattern(R"(\{(?:(\d+)([-+*]))?i(?:([-+*])(\d+))?\})");
  std::string filled;
  auto from = text.cbegin();
  std::smatch match;
  while (std::regex_search(from, text.cend(), match, pattern)) {
    filled.append(from, match[0].first);
    from = match[0].second;
    if (match[1].matched && match[3].matched) return Wrong("only one operation fits into " + match[0].str());
    if (!match[1].matched && !match[3].matched) {
      const std::string digits = std::to_string(number);
      filled += std::string(width - std::min(width, digits.size()), '0') + digits;
      continue;
    }
    const long other = std::atol((match[1].matched ? match[1] : match[4]).str().c_str());
    const char sign = (match[2].matched ? match[2] : match[3]).str()[0];
    const long left = match[1].matched ? other : number;
    const long right = match[1].matched ? number : other;
    filled += std::to_string(sign == '*' ? left * right : sign == '+' ? left + right : left - right);
  }
  filled.append(from, text.cend());
  return filled;
}

Json ValueOf(const std::string& text) {
  static const std::regex money(R"((-?\d+(?:\.\d+)?)([A-Z]{3}))");
  std::smatch match;
  if (std::regex_match(text, match, money)) return {{"amount", match[1].str()}, {"currency", match[2].str()}};
  Json json = Json::parse(text, nullptr, false);
  return json.is_discarded() ? Json(text) : json;
}

Result<std::string> TypeOf(const std::string& name) {
  for (const char* context : {"client", "book", "touch"}) {
    std::string type = std::string("mainstay.") + context + "." + name + ".v1";
    if (wire::TopicOfType(type)) return type;
  }
  return Wrong("there is no event '" + name + "'");
}

bool IsOrder(const std::string& name) { return name == "OrderPlaced" || name == "OrderCorrected"; }

// What the event says when the scenario does not.
Json DefaultData(const std::string& name) {
  if (name == "Touched") {
    return {{"repId", "ann"}, {"role", "SALES"}, {"channel", "CALL"}, {"direction", "OUTBOUND"}, {"minutes", 5}};
  }
  return Json::object();
}

void SetField(Json& data, const std::string& event, const std::string& name, const Json& value) {
  static const std::map<std::string, std::string> kLine = {{"product", "productId"},       {"amount", "amount"},
                                                           {"margin", "margin"},           {"quantity", "quantity"},
                                                           {"department", "departmentId"}, {"location", "locationId"}};
  const auto line = kLine.find(name);
  if (!IsOrder(event) || line == kLine.end()) {
    data[name == "order" ? "orderId" : name] = value;
    return;
  }
  if (!data.contains("lines")) data["lines"] = Json::array({{{"productId", "p1"}}});
  data["lines"][0][line->second] = value;
}

Result<std::string> OneEvent(const std::string& text, std::string id, std::string book) {
  const std::vector<std::string> words = SplitWords(text);
  if (words.size() < 3) return Wrong("an event is TIME CLIENT EventName name=value ...");
  MAINSTAY_TRY_ASSIGN(time, ParseMoment(words[0]));
  MAINSTAY_TRY_ASSIGN(type, TypeOf(words[2]));
  std::string source = "scenario";
  Json data = DefaultData(words[2]);
  for (std::size_t i = 3; i < words.size(); ++i) {
    std::string name;
    std::string value;
    if (!SplitPair(words[i], name, value)) return Wrong("'" + words[i] + "' is not name=value");
    if (name == "id") {
      id = value;
    } else if (name == "source") {
      source = value;
    } else if (name == "book") {
      book = value;
    } else {
      SetField(data, words[2], name, ValueOf(value));
    }
  }
  Json event = {{"specversion", "1.0"}, {"id", id}, {"source", source}, {"type", type}, {"time", FormatInstant(time)},
                {"partitionkey", book}};
  if (words[1] != "-") event["subject"] = words[1];
  event["data"] = std::move(data);
  return event.dump();
}

}  // namespace

Result<Instant> ParseMoment(const std::string& text) {
  static const std::regex pattern(R"((\d{4}-\d\d-\d\d)(T[^+]*(?:\+\d\d:\d\d)?)?((?:\+\d+[dhm])*))");
  std::smatch match;
  if (!std::regex_match(text, match, pattern)) return Wrong("'" + text + "' is no time");
  const std::string rest = match[2].matched && match[2].length() > 0 ? match[2].str() : "T09:00:00Z";
  MAINSTAY_TRY_ASSIGN(base, ParseInstant(match[1].str() + rest));
  Instant at = base;
  const std::string offsets = match[3].str();
  static const std::regex offset(R"(\+(\d+)([dhm]))");
  for (std::sregex_iterator it(offsets.begin(), offsets.end(), offset), end; it != end; ++it) {
    const long count = std::atol((*it)[1].str().c_str());
    const char unit = (*it)[2].str()[0];
    at += unit == 'd'   ? Duration{std::chrono::days{count}}
          : unit == 'h' ? Duration{std::chrono::hours{count}}
                        : Duration{std::chrono::minutes{count}};
  }
  return at;
}

Result<std::vector<std::string>> ExpandEvents(const Line& line, const std::string& book) {
  if (line.text.front() == '{') return std::vector<std::string>{line.text};
  static const std::regex repeated(R"(for (\d+)\.\.(\d+): *(.*))");
  const std::string id = "L" + std::to_string(line.number);
  std::smatch match;
  if (!std::regex_match(line.text, match, repeated)) {
    MAINSTAY_TRY_ASSIGN(event, OneEvent(line.text, id, book));
    return std::vector<std::string>{event};
  }
  std::vector<std::string> events;
  const long last = std::atol(match[2].str().c_str());
  for (long i = std::atol(match[1].str().c_str()); i <= last; ++i) {
    MAINSTAY_TRY_ASSIGN(text, FillIn(match[3].str(), i, match[2].str().size()));
    MAINSTAY_TRY_ASSIGN(event, OneEvent(text, id + "." + std::to_string(i), book));
    events.push_back(event);
  }
  return events;
}

}  // namespace mainstay::scenarios
