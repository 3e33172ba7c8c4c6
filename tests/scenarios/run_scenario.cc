#include "run_scenario.h"

#include "facts.h"
#include "scenario_text.h"
#include "terse_event.h"
#include "world.h"

namespace mainstay::scenarios {
namespace {

constexpr std::size_t kAnswerShown = 3'000;

class Play {
 public:
  Play(const std::string& name, Outcome& outcome) : name_(name), outcome_(outcome) {}

  // An Error ends the scenario; a fact that does not hold is noted and the scenario goes on.
  Result<void> Run(const Step& step) {
    if (step.verb == "book") return SetBook(step);
    if (step.verb == "given") return Give(step);
    if (step.verb == "until") return Until(step);
    if (step.verb == "restart") return world_->Restart();
    if (step.verb == "act") return Act(step);
    return Expect(step);
  }
  Result<void> Start() {
    MAINSTAY_TRY_ASSIGN(world, World::Start());
    world_ = std::move(world);
    return {};
  }
  void Note(int line, const std::string& what) {
    outcome_.failures.push_back(name_ + ":" + std::to_string(line) + ": " + what);
  }

 private:
  static tl::unexpected<Error> Wrong(const std::string& message) { return Fail(ErrorCode::kInvalidArgument, message); }

  Result<void> SetBook(const Step& step) {
    if (step.words.size() != 1) return Wrong("book NAME");
    book_ = step.words.front();
    return {};
  }

  Result<void> Give(const Step& step) {
    std::vector<EventLine> events;
    for (const Line& line : step.body) {
      const auto lines = ExpandEvents(line, book_);
      if (!lines) return Wrong("line " + std::to_string(line.number) + ": " + lines.error().message);
      for (const std::string& json : *lines) events.push_back({line.number, json});
    }
    return world_->Give(events);
  }

  Result<void> Until(const Step& step) {
    if (step.words.size() != 1) return Wrong("until TIME");
    MAINSTAY_TRY_ASSIGN(at, ParseMoment(step.words.front()));
    return world_->AdvanceTo(FormatInstant(at));
  }

  Result<void> Act(const Step& step) {
    if (step.words.size() != 1) return Wrong("act ACTION rep=R client=C");
    return world_->Act(book_, step.settings, step.words.front());
  }

  Result<void> Expect(const Step& step) {
    if (step.words.empty()) return Wrong("expect QUESTION");
    if (step.body.empty()) return Wrong("an expectation needs facts below it");
    MAINSTAY_TRY_ASSIGN(answer, world_->Ask(book_, step));
    bool all_hold = true;
    for (const Line& line : step.body) {
      ++outcome_.facts;
      const std::string instead = CheckFact(answer, line.text);
      if (instead.empty()) continue;
      Note(line.number, "expected " + line.text + "; " + instead);
      all_hold = false;
    }
    if (!all_hold) {
      Note(step.line,
           "the whole answer: " +
               answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).substr(0, kAnswerShown));
    }
    return {};
  }

  std::string name_;
  Outcome& outcome_;
  std::string book_ = "north";
  std::unique_ptr<World> world_;
};

}  // namespace

Outcome RunScenario(const std::string& name, std::string_view text) {
  Outcome outcome;
  Play play(name, outcome);
  const auto steps = ParseScenario(text);
  if (!steps) {
    outcome.failures.push_back(name + ":" + steps.error().message);
    return outcome;
  }
  if (const auto started = play.Start(); !started) {
    play.Note(0, "the system does not start: " + started.error().message);
    return outcome;
  }
  for (const Step& step : *steps) {
    if (const auto done = play.Run(step); !done) {
      play.Note(step.line, step.verb + ": " + (done.error().field.empty() ? "" : done.error().field + ": ") +
                               done.error().message);
      return outcome;
    }
  }
  if (outcome.facts == 0) play.Note(1, "this scenario expects nothing");
  return outcome;
}

}  // namespace mainstay::scenarios
