// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/rule_loader.h"

#include "file_complaint.h"
#include "nfsieve/inspect/self_test.h"
#include "nfsieve/rules/compile.h"
#include "nfsieve/rules/json_reader.h"
#include "nfsieve/rules/suricata_reader.h"
#include "text_file.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

namespace nfsieve {

namespace {

void append(std::vector<RuleError>& to, std::vector<RuleError>&& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

} // namespace

void sort_errors(std::vector<RuleError>& errors, std::span<const std::filesystem::path> files) {
    const auto position = [&](const RuleError& error) {
        const auto file = std::find(files.begin(), files.end(), std::filesystem::path(error.place.file));
        return std::tuple(file - files.begin(), error.place.line, error.place.column);
    };
    std::stable_sort(errors.begin(), errors.end(),
                     [&](const auto& a, const auto& b) { return position(a) < position(b); });
}

std::size_t count_refused(std::span<const RuleError> errors) {
    std::set<std::string> ids;
    for (const RuleError& error : errors) {
        if (!error.rule.empty())
            ids.insert(error.rule);
    }
    return ids.size();
}

namespace {

constexpr std::size_t largest_rule_file = std::size_t{64} << 20;
constexpr unsigned unused_days = 30; ///< cached databases that nobody asked for go then

/// Reads files in both languages.
class Loader {
public:
    Loader(std::span<const std::filesystem::path> files, const RuleOptions& options)
        : files_(files), options_(options), suricata_(default_suricata_options()) {
        const auto overlay = [](auto& usual, const auto& own) {
            for (const auto& [name, value] : own)
                usual[name] = value;
        };
        overlay(suricata_.address_variables, options.suricata.address_variables);
        overlay(suricata_.port_variables, options.suricata.port_variables);
        suricata_.drop = options.suricata.drop;
    }

    LoadedRules run() {
        read();
        if (options_.skip_bad)
            skip_bad_rules();
        compile_rules();
        finish();
        return std::move(loaded_);
    }

private:
    void read() {
        std::vector<std::filesystem::path> json;
        for (const std::filesystem::path& file : files_) {
            if (file.extension() == ".rules")
                read_signature_file(file);
            else
                json.push_back(file);
        }
        ReadRules read = read_rule_files(json);
        specs_ = std::move(read.specs);
        append(loaded_.errors, std::move(read.errors));
    }

    void read_signature_file(const std::filesystem::path& file) {
        const auto text = read_text_file(file, largest_rule_file);
        if (!text) {
            loaded_.errors.push_back(file_complaint(file.string(), text.error().message));
            return;
        }
        ReadSignatures read = read_signatures(*text, file.string(), suricata_);
        append(loaded_.errors, std::move(read.errors));
        const std::size_t size = signatures_.size() + read.signatures.size();
        if (size > signatures_.capacity())
            signatures_.reserve(std::max(size, 2 * signatures_.capacity()));
        for (SignatureSpec& spec : read.signatures)
            add(spec);
        for (const auto& [protocol, count] : read.out_of_scope)
            loaded_.out_of_scope[protocol] += count;
        loaded_.disabled += read.disabled;
        loaded_.packet_bound += read.packet_bound;
        loaded_.turned_to_drop += read.turned_to_drop;
    }

    /// Takes it, where its id is new.
    void add(SignatureSpec& spec) {
        const auto [known, fresh] = places_.emplace(spec.label.id, spec.label.place);
        if (fresh) {
            signatures_.push_back(std::move(spec));
            return;
        }
        loaded_.errors.push_back({spec.label.place, spec.label.id,
                                  "another rule has this sid already, at " + known->second.file + ":" +
                                      std::to_string(known->second.line) +
                                      "; sids are unique over all files"});
    }

    /// Complaints about single rules are no errors then; what is wrong with a file as a whole still is.
    void skip_bad_rules() {
        const auto about_rule =
            std::stable_partition(loaded_.errors.begin(), loaded_.errors.end(),
                                  [](const RuleError& error) { return error.rule.empty(); });
        loaded_.skipped.insert(loaded_.skipped.end(), std::make_move_iterator(about_rule),
                               std::make_move_iterator(loaded_.errors.end()));
        loaded_.errors.erase(about_rule, loaded_.errors.end());
        std::erase_if(specs_.rules, [](const RuleSpec& rule) { return rule.broken; });
    }

    // What was read is compiled even where something else is wrong: one run shows every error.
    void compile_rules() {
        DatabaseCache cache(options_.cache);
        const std::size_t signatures = signatures_.size();
        const CompileOptions how{&cache, options_.skip_bad, options_.suricata.inspect_encrypted};
        if (options_.skip_bad)
            drop_broken_json();
        Compiled compiled = compile(specs_, std::move(signatures_), how);
        if (compiled.errors.empty())
            append(loaded_.errors, run_rule_tests(specs_));
        append(loaded_.errors, std::move(compiled.errors));
        append(loaded_.skipped, std::move(compiled.skipped));
        loaded_.rules = std::move(compiled.rules);
        loaded_.from_cache = cache.hits();
        if (!cache.trouble().empty())
            loaded_.warning = "the cache " + options_.cache.string() + " cannot be written to (" +
                              cache.trouble() + "): every start compiles anew what is not in it";
        if (loaded_.errors.empty())
            cache.forget_unused(unused_days);
        read_ = specs_.rules.size() + signatures;
    }

    /// JSON rules that do not compile, or fail their own tests, are found by compilations of their own. Some
    /// mistakes show only where there are none of another kind.
    void drop_broken_json() {
        while (drop_json(compile(specs_, {}, {}).errors)) {
        }
        drop_json(run_rule_tests(specs_));
    }

    /// Leaves out the rules that are complained of. False where there was none.
    bool drop_json(std::vector<RuleError>&& complaints) {
        std::set<std::string> ids;
        for (const RuleError& error : complaints)
            ids.insert(error.rule);
        append(loaded_.skipped, std::move(complaints));
        return std::erase_if(specs_.rules,
                             [&](const RuleSpec& rule) { return ids.count(rule.label.id) != 0; }) != 0;
    }

    void finish() {
        sort_errors(loaded_.errors, files_);
        sort_errors(loaded_.skipped, files_);
        std::set<std::string> refused;
        for (const auto* errors : {&loaded_.errors, &loaded_.skipped})
            for (const RuleError& error : *errors)
                if (!error.rule.empty())
                    refused.insert(error.rule);
        loaded_.refused = refused.size();
        if (loaded_.rules && loaded_.errors.empty()) {
            loaded_.loaded = loaded_.rules->rules().size();
            return;
        }
        loaded_.rules = nullptr;
        // Some were read and then found to be wrong, others could not be read at all.
        std::size_t wrong = 0;
        for (const RuleSpec& rule : specs_.rules)
            wrong += refused.count(rule.label.id);
        for (const auto& [id, place] : places_)
            wrong += refused.count(id);
        loaded_.loaded = read_ - std::min(read_, wrong);
    }

    std::span<const std::filesystem::path> files_;
    const RuleOptions& options_;
    SuricataOptions suricata_;
    RuleSpecs specs_;
    std::vector<SignatureSpec> signatures_;
    std::map<std::string, Place> places_; ///< of signatures, by sid
    LoadedRules loaded_;
    std::size_t read_ = 0;
};

} // namespace

LoadedRules load_rules(std::span<const std::filesystem::path> files, const RuleOptions& options) {
    LoadedRules loaded;
    if (files.empty()) {
        loaded.errors.push_back(file_complaint(
            "command line",
            "no rule file is named; add \"rules\": [\"FILE\"] to the configuration or give --rules FILE"));
        return loaded;
    }
    return Loader(files, options).run();
}

} // namespace nfsieve
