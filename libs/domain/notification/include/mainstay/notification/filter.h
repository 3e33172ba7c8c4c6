// Which public events a subscriber wants: lists per attribute, plus the filter dialects of CloudEvents Subscriptions.
//
// Pure values: no clock, no I/O; const use from any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/result.h"

namespace mainstay::notification {

// What a filter looks at. An empty view means the event has no such attribute (a book event has no client).
struct EventAttributes {
  std::string_view id;
  std::string_view source;
  std::string_view type;    // mainstay.<context>.<Name>.v1
  std::string_view book;    // CloudEvents partitionkey.
  std::string_view client;  // CloudEvents subject.
  std::string_view tier;    // A, B, C or NONE.
  std::string_view level;   // LOW, ELEVATED or HIGH.
  std::string_view owner;   // RepId.
};

// One CloudEvents Subscriptions expression as it was written.
//   exact, prefix, suffix: every entry of `attributes` must match; case-sensitive; an absent attribute never matches.
//   all, any: of `children`, at least one. not: of `children`, exactly one.
// Attribute names: id, source, type, subject (= client), partitionkey (= book), book, client, tier, level, owner.
struct ExpressionSpec {
  struct Attribute {
    std::string name;
    std::string value;
    friend auto operator<=>(const Attribute&, const Attribute&) = default;
  };
  std::string dialect;  // exact | prefix | suffix | all | any | not
  std::vector<Attribute> attributes;
  std::vector<ExpressionSpec> children;
  friend bool operator==(const ExpressionSpec&, const ExpressionSpec&) = default;
};

// A filter as it was written. Within a list any entry may match; all non-empty lists and all expressions must.
// An event without an attribute never matches a non-empty list of it.
struct FilterSpec {
  std::vector<std::string> types;  // Exact, or a glob in which * stands for any characters: "mainstay.risk.*".
  std::vector<std::string> books;
  std::vector<std::string> tiers;
  std::vector<std::string> levels;
  std::vector<std::string> owners;
  std::vector<ExpressionSpec> expressions;
  friend bool operator==(const FilterSpec&, const FilterSpec&) = default;
};

inline constexpr std::size_t kMaxFilterEntries = 256;   // Per list.
inline constexpr std::size_t kMaxExpressionNodes = 64;  // Over all expressions of a filter.
inline constexpr std::size_t kMaxExpressionDepth = 8;
inline constexpr std::size_t kMaxFilterValueBytes = 256;  // As long as any id.

// A checked filter. A default one matches every event.
class Filter {
 public:
  Filter() = default;
  // Errors: kInvalidArgument, `field` like "types[0]", "tiers[2]" or "expressions[0].children[1].dialect".
  [[nodiscard]] static Result<Filter> Parse(const FilterSpec& spec);
  // What Parse was given, lists sorted and without repetitions; Parse(Format()) gives an equal filter.
  [[nodiscard]] const FilterSpec& Format() const { return spec_; }
  friend bool operator==(const Filter&, const Filter&) = default;

 private:
  explicit Filter(FilterSpec spec) : spec_(std::move(spec)) {}
  FilterSpec spec_;
};

[[nodiscard]] bool Matches(const Filter& filter, const EventAttributes& event);

// True if `text` as a whole matches `pattern`, in which * stands for any (also no) characters.
[[nodiscard]] bool MatchesGlob(std::string_view pattern, std::string_view text);

}  // namespace mainstay::notification
