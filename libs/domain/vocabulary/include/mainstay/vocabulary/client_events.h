// Facts about one client that arrive on the topic client-events (types mainstay.client.*.v1): who the client
// is, what it bought, what went wrong, what was promised. Field by field the catalogue of events; absent is
// std::nullopt, an empty list means none was given. Values are already checked by the decoder: ids are never
// empty, amounts carry a currency, a period ends at or after its start.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/vocabulary/event_ids.h"
#include "mainstay/vocabulary/ids.h"
#include "mainstay/vocabulary/money_amount.h"

namespace mainstay {

struct Department {
  DepartmentId id;
  std::string name;
  friend bool operator==(const Department&, const Department&) = default;
};

struct Location {
  LocationId id;
  std::string name;
  friend bool operator==(const Location&, const Location&) = default;
};

struct ClientAttributes {
  std::optional<std::string> name;
  std::optional<std::string> industry;
  std::optional<std::int64_t> employees;      // >= 0
  std::optional<MoneyAmount> annual_revenue;  // The client's own, not what it pays us; any currency.
  std::optional<std::string> time_zone;       // IANA name; whether it exists is not checked here.
  std::optional<Day> since;                   // Client since, if longer than we have events.
  std::optional<RepId> owner;
  std::vector<RepId> support_reps;
  std::vector<Department> departments;
  std::vector<Location> locations;
  friend bool operator==(const ClientAttributes&, const ClientAttributes&) = default;
};

struct ClientRegistered {
  ClientAttributes attributes;  // `name` is always there.
  friend bool operator==(const ClientRegistered&, const ClientRegistered&) = default;
};

struct ClientUpdated {
  ClientAttributes changes;  // Absent and empty: unchanged. A list that is not empty replaces the old one.
  friend bool operator==(const ClientUpdated&, const ClientUpdated&) = default;
};

struct OwnerChanged {
  RepId owner;
  friend bool operator==(const OwnerChanged&, const OwnerChanged&) = default;
};

enum class ContactRole : std::uint8_t { kDecisionMaker, kUser, kFinance, kTechnical, kChampion, kOther };

struct ContactAdded {
  ContactId contact;
  std::optional<std::string> name;
  std::optional<std::string> email;
  std::optional<ContactRole> role;
  std::optional<DepartmentId> department;
  std::optional<LocationId> location;
  friend bool operator==(const ContactAdded&, const ContactAdded&) = default;
};

struct ContactRemoved {
  ContactId contact;
  friend bool operator==(const ContactRemoved&, const ContactRemoved&) = default;
};

struct OrderLine {
  ProductId product;
  std::optional<std::int64_t> quantity;  // >= 0
  Money amount;                          // In the order's currency; negative for a discount line.
  std::optional<Money> margin;
  std::optional<DepartmentId> department;
  std::optional<LocationId> location;
  friend bool operator==(const OrderLine&, const OrderLine&) = default;
};

struct OrderPlaced {
  OrderId order;
  Currency currency;             // Of every line.
  std::vector<OrderLine> lines;  // Never empty; one product may stand in several lines.
  std::optional<ContactId> contact;
  std::optional<PromptId> prompt;
  friend bool operator==(const OrderPlaced&, const OrderPlaced&) = default;
};

struct OrderCorrected {  // Replaces the lines; the order's time stays.
  OrderId order;
  Currency currency;
  std::vector<OrderLine> lines;  // Never empty.
  friend bool operator==(const OrderCorrected&, const OrderCorrected&) = default;
};

struct OrderRefunded {
  RefundId refund;
  std::optional<OrderId> order;
  Currency currency;             // Of the amount and of every line.
  Money amount;                  // > 0
  std::vector<OrderLine> lines;  // May be empty.
  friend bool operator==(const OrderRefunded&, const OrderRefunded&) = default;
};

struct ContractSigned {
  ContractId contract;
  MoneyAmount value;
  Day start{};
  Day end{};
  bool auto_renew = false;
  friend bool operator==(const ContractSigned&, const ContractSigned&) = default;
};

struct ContractRenewed {
  ContractId contract;
  Day end{};  // The new end.
  std::optional<MoneyAmount> value;
  friend bool operator==(const ContractRenewed&, const ContractRenewed&) = default;
};

struct ContractEnded {
  ContractId contract;
  std::optional<std::string> reason;
  friend bool operator==(const ContractEnded&, const ContractEnded&) = default;
};

enum class LossReason : std::uint8_t { kCompetitor, kPrice, kService, kClosed, kOther };

struct ClientLost {
  LossReason reason = LossReason::kOther;
  std::optional<std::string> competitor;
  std::optional<std::string> note;
  friend bool operator==(const ClientLost&, const ClientLost&) = default;
};

struct ClientReturned {
  friend bool operator==(const ClientReturned&, const ClientReturned&) = default;
};

struct EmergencyRaised {
  EmergencyId emergency;
  std::optional<std::string> summary;
  std::optional<std::string> severity;
  friend bool operator==(const EmergencyRaised&, const EmergencyRaised&) = default;
};

struct EmergencyResolved {
  EmergencyId emergency;
  friend bool operator==(const EmergencyResolved&, const EmergencyResolved&) = default;
};

struct CompetitorCalled {
  std::optional<std::string> competitor;
  std::optional<std::string> channel;
  std::optional<std::string> note;
  friend bool operator==(const CompetitorCalled&, const CompetitorCalled&) = default;
};

struct ComplaintMade {
  ComplaintId complaint;
  std::optional<std::string> summary;
  friend bool operator==(const ComplaintMade&, const ComplaintMade&) = default;
};

struct ComplaintResolved {
  ComplaintId complaint;
  friend bool operator==(const ComplaintResolved&, const ComplaintResolved&) = default;
};

struct PrioritiesShifted {
  std::optional<std::string> summary;
  friend bool operator==(const PrioritiesShifted&, const PrioritiesShifted&) = default;
};

}  // namespace mainstay
