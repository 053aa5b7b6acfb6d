// sheet.h - the rows of a CSV file, and batches of what somebody may see of them.
#pragma once

#include <istream>
#include <map>
#include <string>

#include "examples/totebox-cpp/capability.h"
#include "examples/totebox-cpp/rows.h"

int64_t clockMs();

struct Sheet {
    // `csv`: key,period,start,end,scenario,unit,nature,value,quality
    Sheet(const std::string &entity, std::istream &csv);
    // Refuses a view that there is not, or that is not permitted.
    void check(const capability::Authority &by, kj::StringPtr view) const;
    void write(const capability::Authority &by, const std::string &view,
               psp::Batch::Builder to) const;
    void describe(const capability::Authority &by,
                  psp::Grant::DescribeResults::Builder to) const;

    std::map<std::string, rows::Row> entities{}, metrics{};
};
