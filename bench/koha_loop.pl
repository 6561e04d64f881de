#!/usr/bin/perl
# The shape of Koha's own anonymising loop, with the object mapper that Koha uses (DBIx::Class): the whole set is fetched,
# each loan becomes an object, a query for its reader's own renewals runs in a transaction of its own, each of those is
# updated as an object, and one UPDATE of all loans comes last. Written from the description of what Koha does.
#
# Arguments: port, database, anonymous patron, cut-off, rows. The password stands in the environment. Prints: loans, seconds.
use strict;
use warnings;
use DBI;
use Time::HiRes qw(time);

my ( $port, $database, $anonymous, $cutoff, $rows ) = @ARGV;

package Loans::Result;
use base 'DBIx::Class::Core';

package Renewals::Result;
use base 'DBIx::Class::Core';

package Library;
use base 'DBIx::Class::Schema';

package main;

my $dsn = "DBI:mysql:database=$database;host=127.0.0.1;port=$port";
my %how = ( RaiseError => 1, AutoCommit => 1, mysql_enable_utf8mb4 => 1 );
my $plain = DBI->connect( $dsn, 'carrel', $ENV{BENCH_PASSWORD}, \%how );
for my $made ( [ 'Loans::Result', 'old_issues', 'issue_id' ], [ 'Renewals::Result', 'checkout_renewals', 'renewal_id' ] ) {
    my ( $class, $table, $key ) = @$made;
    my $columns = $plain->selectcol_arrayref("SHOW COLUMNS FROM $table");
    $class->table($table);
    $class->add_columns(@$columns);
    $class->set_primary_key($key);
}
$plain->disconnect;
Library->register_class( Loan    => 'Loans::Result' );
Library->register_class( Renewal => 'Renewals::Result' );
my $library = Library->connect( $dsn, 'carrel', $ENV{BENCH_PASSWORD}, \%how );

my $began = time;
my $due   = $library->resultset('Loan')->search(
    {
        returndate     => { '<'  => $cutoff },
        borrowernumber => { '!=' => $anonymous },
    },
    { order_by => 'issue_id', rows => $rows }
);
my ( $loans, $last ) = ( 0, 0 );
my @found = $due->all;
for my $loan (@found) {
    $library->txn_do(
        sub {
            my $own = $library->resultset('Renewal')->search(
                { checkout_id => $loan->issue_id, renewer_id => $loan->borrowernumber } );
            while ( my $renewal = $own->next ) {
                $renewal->renewer_id($anonymous);
                $renewal->update;
            }
        }
    );
    $loans++;
    $last = $loan->issue_id;
}
$library->resultset('Loan')->search(
    {
        returndate     => { '<'  => $cutoff },
        borrowernumber => { '!=' => $anonymous },
        issue_id       => { '<=' => $last },
    }
)->update( { borrowernumber => $anonymous } );
printf "%d %.3f\n", $loans, time - $began;
