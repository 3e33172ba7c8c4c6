#include "fold_attention.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <variant>

#include "kept_touches.h"
#include "mainstay/wire/wire_fields.h"

namespace mainstay::cadence {
namespace {

constexpr auto kSurveyFields = [](auto& wire, auto& survey) {
  wire.Value(1, survey.id);
  wire.Value(2, survey.contact);
  wire.Value(3, survey.at);
  wire.Value(4, survey.score);
};

constexpr auto kContactFields = [](auto& wire, auto& contact) {
  wire.Value(1, contact.contact);
  wire.Message(2, contact.touches, kTouchesFields);
};

// state.v1.CadenceAttention
constexpr auto kAttentionFields = [](auto& wire, auto& attention) {
  wire.Value(1, attention.last_offer);
  wire.Each(2, attention.surveys, kSurveyFields);
  wire.Each(3, attention.contacts, kContactFields);
};

std::string Encode(const Attention& attention) { return wire::FieldWriter::Write(attention, kAttentionFields); }

Result<Attention> Load(stream::Context& context, const std::string& key) {
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(kAttention, key));
  return bytes ? DecodeAttention(*bytes) : Attention{};
}

void AddSurvey(const Survey& survey, std::vector<Survey>& surveys) {
  const auto known = std::find_if(surveys.begin(), surveys.end(), [&](const Survey& other) {
    return other.id == survey.id && other.contact == survey.contact;
  });
  if (known != surveys.end()) {
    if (std::tie(survey.at, survey.score) <= std::tie(known->at, known->score)) return;
    surveys.erase(known);
  }
  const auto place = std::find_if(surveys.begin(), surveys.end(), [&](const Survey& other) {
    return std::tie(other.at, other.id, other.contact) > std::tie(survey.at, survey.id, survey.contact);
  });
  surveys.insert(place, survey);
  if (surveys.size() > kKeptSurveys) surveys.erase(surveys.begin());
}

void AddTouch(const ContactId& id, const KeptTouch& touch, std::vector<ContactTouches>& contacts) {
  const auto place = std::lower_bound(contacts.begin(), contacts.end(), id,
                                      [](const ContactTouches& a, const ContactId& b) { return a.contact < b; });
  if (place == contacts.end() || place->contact != id) {
    contacts.insert(place, {id, {}})->touches.Insert(0, touch);
  } else {
    KeptTouches& touches = place->touches;
    const auto same = [&](const KeptTouches::View& known) { return known.Is(touch.event); };
    if (touches.Find(same) < touches.size()) return;
    const auto older = [&](const KeptTouches::View& known) {
      return std::tuple(known.at, known.Event()) < std::tie(touch.at, touch.event);
    };
    touches.Insert(touches.Find(older), touch);
    if (touches.size() > kTouchesOfAContact) touches.Remove(kTouchesOfAContact);
  }
  if (contacts.size() <= kKeptContacts) return;
  contacts.erase(
      std::min_element(contacts.begin(), contacts.end(), [](const ContactTouches& a, const ContactTouches& b) {
        return std::tuple(a.touches.front().at, a.contact) < std::tuple(b.touches.front().at, b.contact);
      }));
}

void Retract(const EventRef& event, std::vector<ContactTouches>& contacts) {
  for (ContactTouches& contact : contacts) contact.touches.Remove(event);
  std::erase_if(contacts, [](const ContactTouches& contact) { return contact.touches.empty(); });
}

}  // namespace

Result<Attention> DecodeAttention(std::string_view bytes) {
  Attention attention;
  if (!wire::FieldReader::Read(bytes, attention, kAttentionFields)) {
    return Fail(ErrorCode::kDataLoss, "the stored attention is damaged");
  }
  return attention;
}

Result<void> FoldAttention(stream::Context& context, const BookId& book, const InEvent& event, const ClientPlan& plan) {
  const auto* touched = std::get_if<Touched>(&event.data);
  const auto* retracted = std::get_if<TouchRetracted>(&event.data);
  const auto* answered = std::get_if<SurveyAnswered>(&event.data);
  const bool offered = std::holds_alternative<OfferMade>(event.data);
  const bool named = touched != nullptr && touched->contact;
  if (!named && retracted == nullptr && answered == nullptr && !offered) return {};
  const std::string key = ClientKey(book, *event.client);
  MAINSTAY_TRY_ASSIGN(before, context.Get(kAttention, key));
  MAINSTAY_TRY_ASSIGN(attention, DecodeAttention(before.value_or("")));
  const EventRef ref{event.source, event.id};
  if (offered) attention.last_offer = std::max(attention.last_offer.value_or(event.time), event.time);
  if (answered != nullptr) {
    AddSurvey({answered->survey, answered->contact, event.time, answered->score}, attention.surveys);
  }
  if (named && !IsRetracted(plan, ref)) AddTouch(*touched->contact, {ref, event.time, false}, attention.contacts);
  if (retracted != nullptr) Retract({event.source, retracted->touch}, attention.contacts);
  std::string after = Encode(attention);
  if (after != before.value_or("")) context.Put(kAttention, key, std::move(after));
  return {};
}

Result<void> MergeAttention(stream::Context& context, const BookId& book, const ClientId& from, const ClientId& into) {
  MAINSTAY_TRY_ASSIGN(theirs, Load(context, ClientKey(book, from)));
  MAINSTAY_TRY_ASSIGN(ours, Load(context, ClientKey(book, into)));
  if (theirs.last_offer) ours.last_offer = std::max(ours.last_offer.value_or(*theirs.last_offer), *theirs.last_offer);
  for (const Survey& survey : theirs.surveys) AddSurvey(survey, ours.surveys);
  for (const ContactTouches& contact : theirs.contacts) {
    for (const KeptTouches::View touch : contact.touches) AddTouch(contact.contact, touch.Copy(), ours.contacts);
  }
  std::string bytes = Encode(ours);
  if (!bytes.empty()) context.Put(kAttention, ClientKey(book, into), std::move(bytes));
  return {};
}

}  // namespace mainstay::cadence
