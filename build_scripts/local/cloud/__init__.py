"""The bundle deployed by the CDK's command line to the embedded services, under the Python of the layers."""
