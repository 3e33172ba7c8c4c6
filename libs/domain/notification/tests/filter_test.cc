#include "mainstay/notification/filter.h"

#include <gtest/gtest.h>

#include <functional>

#include "mainstay/base/random.h"
#include "mainstay/testing/seed.h"

namespace mainstay::notification {
namespace {

const EventAttributes kEvent{"e1",   "mainstay", "mainstay.risk.ChurnRiskChanged.v1", "north", "acme", "A",
                             "HIGH", "ann"};

Filter Parsed(const FilterSpec& spec) {
  const auto filter = Filter::Parse(spec);
  EXPECT_TRUE(filter.has_value()) << filter.error().field << " " << filter.error().message;
  return filter.value_or(Filter{});
}

std::string FieldOf(const FilterSpec& spec) {
  const auto filter = Filter::Parse(spec);
  return filter ? "accepted" : filter.error().field;
}

ExpressionSpec Compare(std::string dialect, std::string name, std::string value) {
  return {std::move(dialect), {{std::move(name), std::move(value)}}, {}};
}
ExpressionSpec Combine(std::string dialect, std::vector<ExpressionSpec> children) {
  return {std::move(dialect), {}, std::move(children)};
}
FilterSpec Only(ExpressionSpec expression) {
  FilterSpec spec;
  spec.expressions = {std::move(expression)};
  return spec;
}

TEST(Filter, EmptyOneMatchesEverything) {
  EXPECT_TRUE(Matches(Filter{}, kEvent));
  EXPECT_TRUE(Matches(Filter{}, EventAttributes{}));
}

TEST(Filter, AnyEntryOfAListSufficesAndEveryListMustMatch) {
  FilterSpec spec;
  spec.types = {"mainstay.cadence.*", "mainstay.risk.*"};
  spec.books = {"south", "north"};
  spec.tiers = {"A"};
  spec.levels = {"ELEVATED", "HIGH"};
  spec.owners = {"ann"};
  EXPECT_TRUE(Matches(Parsed(spec), kEvent));
  for (auto* list : {&spec.types, &spec.books, &spec.tiers, &spec.levels, &spec.owners}) {
    FilterSpec other = spec;
    EventAttributes event = kEvent;
    if (list == &spec.types) event.type = "mainstay.prompt.PromptIssued.v1";
    if (list == &spec.books) event.book = "west";
    if (list == &spec.tiers) event.tier = "B";
    if (list == &spec.levels) event.level = "LOW";
    if (list == &spec.owners) event.owner = "bob";
    EXPECT_FALSE(Matches(Parsed(other), event));
  }
}

TEST(Filter, AnAbsentAttributeNeverMatchesAList) {
  FilterSpec spec;
  spec.tiers = {"NONE"};
  EventAttributes event = kEvent;
  event.tier = "";
  EXPECT_FALSE(Matches(Parsed(spec), event));
  event.tier = "NONE";
  EXPECT_TRUE(Matches(Parsed(spec), event));
}

TEST(Filter, DialectsOfCloudEventsSubscriptions) {
  EXPECT_TRUE(Matches(Parsed(Only(Compare("exact", "subject", "acme"))), kEvent));
  EXPECT_FALSE(Matches(Parsed(Only(Compare("exact", "subject", "Acme"))), kEvent)) << "case-sensitive";
  EXPECT_TRUE(Matches(Parsed(Only(Compare("prefix", "type", "mainstay.risk."))), kEvent));
  EXPECT_FALSE(Matches(Parsed(Only(Compare("prefix", "type", "risk."))), kEvent));
  EXPECT_TRUE(Matches(Parsed(Only(Compare("suffix", "type", ".v1"))), kEvent));
  EXPECT_FALSE(Matches(Parsed(Only(Compare("suffix", "type", ".v2"))), kEvent));
  const auto yes = Compare("exact", "partitionkey", "north");
  const auto no = Compare("exact", "level", "LOW");
  EXPECT_TRUE(Matches(Parsed(Only(Combine("all", {yes, yes}))), kEvent));
  EXPECT_FALSE(Matches(Parsed(Only(Combine("all", {yes, no}))), kEvent));
  EXPECT_TRUE(Matches(Parsed(Only(Combine("any", {no, yes}))), kEvent));
  EXPECT_FALSE(Matches(Parsed(Only(Combine("any", {no, no}))), kEvent));
  EXPECT_TRUE(Matches(Parsed(Only(Combine("not", {no}))), kEvent));
  EXPECT_FALSE(Matches(Parsed(Only(Combine("not", {Combine("not", {no})}))), kEvent));
  EventAttributes bookless = kEvent;
  bookless.book = "";
  EXPECT_FALSE(Matches(Parsed(Only(yes)), bookless)) << "absent is no value";
}

TEST(Filter, NonsenseIsRefusedWithTheFieldsName) {
  const auto types = [](std::string pattern) {
    FilterSpec spec;
    spec.types = {"mainstay.risk.*", std::move(pattern)};
    return FieldOf(spec);
  };
  EXPECT_EQ(types("*"), "accepted");
  EXPECT_EQ(types("*.v1"), "accepted");
  EXPECT_EQ(types("main*"), "accepted");
  EXPECT_EQ(types(""), "types[1]");
  EXPECT_EQ(types("risk.*"), "types[1]") << "can match nothing";
  EXPECT_EQ(types("mainstay."), "types[1]");
  EXPECT_EQ(types("mainstay.risk.?"), "types[1]");
  EXPECT_EQ(types(std::string(300, 'a')), "types[1]");
  FilterSpec spec;
  spec.tiers = {"A", "D"};
  EXPECT_EQ(FieldOf(spec), "tiers[1]");
  spec.tiers = {};
  spec.levels = {"high"};
  EXPECT_EQ(FieldOf(spec), "levels[0]");
  spec.levels = {};
  spec.books = {"a\nb"};
  EXPECT_EQ(FieldOf(spec), "books[0]");
  spec.books = std::vector<std::string>(257, "b");
  EXPECT_EQ(FieldOf(spec), "books");
  EXPECT_EQ(FieldOf(Only(Compare("equals", "type", "x"))), "expressions[0].dialect");
  EXPECT_EQ(FieldOf(Only(Compare("exact", "time", "x"))), "expressions[0].attributes[0].name");
  EXPECT_EQ(FieldOf(Only(Compare("exact", "type", ""))), "expressions[0].attributes[0].value");
  EXPECT_EQ(FieldOf(Only({"exact", {}, {}})), "expressions[0].attributes");
  EXPECT_EQ(FieldOf(Only(Combine("any", {}))), "expressions[0].children");
  const auto one = Compare("exact", "type", "x");
  EXPECT_EQ(FieldOf(Only(Combine("not", {one, one}))), "expressions[0].children");
  EXPECT_EQ(FieldOf(Only(Combine("any", {one, Combine("all", {})}))), "expressions[0].children[1].children");
  EXPECT_EQ(FieldOf(Only(Combine("any", std::vector<ExpressionSpec>(70, one)))), "expressions");
  ExpressionSpec deep = one;
  for (int i = 0; i < 8; ++i) deep = Combine("not", {deep});
  EXPECT_NE(FieldOf(Only(deep)), "accepted");
}

TEST(Filter, FormatParsesBackToAnEqualFilterWhateverTheOrder) {
  FilterSpec spec;
  spec.books = {"b", "a", "b"};
  spec.types = {"mainstay.*"};
  spec.expressions = {Compare("prefix", "id", "e")};
  FilterSpec other = spec;
  other.books = {"a", "b"};
  EXPECT_EQ(Parsed(spec), Parsed(other));
  EXPECT_EQ(Parsed(Parsed(spec).Format()), Parsed(spec));
}

// The recursive definition, too slow for service and too simple to be wrong.
bool GlobReference(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    return GlobReference(pattern.substr(1), text) || (!text.empty() && GlobReference(pattern, text.substr(1)));
  }
  return !text.empty() && pattern[0] == text[0] && GlobReference(pattern.substr(1), text.substr(1));
}

TEST(Glob, EqualsTheRecursiveDefinition) {
  const std::uint64_t seed = mainstay::testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  const auto word = [&](std::string_view letters, std::uint64_t longest) {
    std::string text(Below(random, longest), ' ');
    for (char& c : text) c = letters[Below(random, letters.size())];
    return text;
  };
  int matched = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string pattern = word("ab*", 7);
    const std::string text = word("ab", 9);
    ASSERT_EQ(MatchesGlob(pattern, text), GlobReference(pattern, text)) << pattern << " on " << text;
    matched += MatchesGlob(pattern, text) ? 1 : 0;
  }
  EXPECT_GT(matched, 100) << "vacuous: nothing ever matched";
}

}  // namespace
}  // namespace mainstay::notification
