// Every command of `mainstay`, by the question it answers. Each function adds its commands to the application.
#pragma once

#include <CLI/App.hpp>

namespace mainstay::cli {

class Invocation;

void AddSegmentationCommands(CLI::App& app, Invocation& invocation);  // pareto, clients, client, policy
void AddInsightCommands(CLI::App& app,
                        Invocation& invocation);  // personas, whitespace, review, report, health, what-if
void AddHealthCommand(CLI::App& app, Invocation& invocation);
void AddPersonasCommand(CLI::App& app, Invocation& invocation);
void AddWhatIfCommand(CLI::App& app, Invocation& invocation);
void AddCadenceCommands(CLI::App& app, Invocation& invocation);       // calls, workload, checkup, risks
void AddAgreementCommands(CLI::App& app, Invocation& invocation);     // goals, renewals
void AddListCommands(CLI::App& app, Invocation& invocation);          // gaps, proof
void AddModelCommands(CLI::App& app, Invocation& invocation);         // model, calibration
void AddEventCommands(CLI::App& app, Invocation& invocation);         // publish, events, dead-letters, clock
void AddNotificationCommands(CLI::App& app, Invocation& invocation);  // inbox, act, webhooks
void AddUpkeepCommands(CLI::App& app, Invocation& invocation);        // erase, export, doctor
void AddImportCommand(CLI::App& app, Invocation& invocation);
void AddRunCommand(CLI::App& app, Invocation& invocation);
void AddDemoCommand(CLI::App& app, Invocation& invocation);
void AddTopicsCommands(CLI::App& app, Invocation& invocation);    // topics apply, topics list
void AddDocumentCommands(CLI::App& app, Invocation& invocation);  // help, man, completion

}  // namespace mainstay::cli
